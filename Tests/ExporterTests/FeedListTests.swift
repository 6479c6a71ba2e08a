import Collector
import Configuration
import Exporter
import Foundation
import TestSupport
import Testing
import Values

/// The configuration does not know the collector, and lists the feeds once more for its own tests.
@Suite struct FeedListTests {
    @Test func `the configuration's list of feeds is the collector's`() {
        #expect(FeedDeclaration.builtIn == Feeds.all.map(FeedDeclaration.init))
    }

    /// `{enabled: true, interval: 5m, window: 7d}`, as the reference writes it.
    private func defaults(_ feed: FeedKind) -> String {
        var items = ["enabled: \(FeedDeclaration(feed).defaults.isEnabled)"]
        if let interval = feed.defaultInterval { items.append("interval: \(Self.text(interval.inSeconds))") }
        if let window = feed.defaultWindow { items.append("window: \(Self.text(window.inSeconds))") }
        return "{\(items.joined(separator: ", "))}"
    }

    /// The reference writes a minute as 60s.
    private static func text(_ seconds: Double) -> String {
        seconds == 60 ? "60s" : PrometheusDuration.text(seconds: seconds)
    }

    @Test func `the reference of the configuration has every feed with its defaults and its endpoint`() throws {
        let text = try String(contentsOf: Project.root.appending(path: "docs/configuration.md"), encoding: .utf8)
        let section = try #require(text.split(separator: "### In `feeds`").last?.split(separator: "\n#").first)
        let rows = section.matches(of: #/\n\| `(\w+)` \| `(\{.+\})` \| `(\/\w[^`]*)`/#)
        #expect(rows.map { String($0.1) } == Feeds.all.map(\.name))
        #expect(rows.map { String($0.2) } == Feeds.all.map(defaults))
        #expect(rows.map { String($0.3) } == Feeds.all.map(\.path))
    }
}
