import Collector
import Darktrace
import Foundation
import Metrics
import Testing

@testable import Configuration
@testable import Exporter

/// docs/metrics.md is generated from the families that the code declares.
@Suite struct MetricsReferenceTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/metrics.md")

    /// `REWRITE_DOCS=1 swift test --filter MetricsReferenceTests` regenerates the file.
    @Test func `the metrics reference matches the code`() throws {
        let expected = MetricsReference.text
        if ProcessInfo.processInfo.environment["REWRITE_DOCS"] != nil {
            try Data(expected.utf8).write(to: Self.file)
        }
        let found = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(found == expected, "docs/metrics.md is stale; REWRITE_DOCS=1 regenerates it")
    }

    /// A family that is declared but not listed here would be missing in the reference.
    @Test func `every family that is declared in the sources is in the reference`() throws {
        let sources = Self.file.deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path).filter {
            $0.hasSuffix(".swift") && ($0.hasPrefix("Exporter/") || $0.hasPrefix("Collector/"))
        }
        var names: Set<String> = []
        for name in files {
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
            for match in text.matches(
                of: #/(?:Descriptor|gauge|counter|info)\(\s*"(darktrace_[a-z_]+|process_[a-z_]+)"/#)
            { names.insert(String(match.1)) }
        }
        #expect(names.count > 30)
        // Those of feeds come from the list of feeds; some of their names are composed.
        names.formUnion(Feeds.all.flatMap(\.sections).flatMap(\.metrics).map(\.descriptor.name))
        #expect(names == Set(MetricsReference.sections.flatMap(\.families).map(\.name)))
    }

    /// A configured label of the same name would make Prometheus reject the scrape.
    @Test func `no label that the exporter uses can be configured`() {
        let names = Set(MetricsReference.sections.flatMap(\.families).flatMap(\.labelNames))
        #expect(names.subtracting(ApplianceLabels.reserved) == [])
    }
}

/// The text of docs/metrics.md.
enum MetricsReference {
    struct Section {
        let title: String
        let about: String
        let families: [Descriptor]
    }

    static let sections: [Section] =
        [
            Section(
                title: "Model breaches",
                about:
                    "Kept in the state file, so that they outlive a restart. The breach families of an appliance are "
                    + "absent until its whole first lookback is counted. `category` is `compliance`, `critical`, "
                    + "`suspicious` or `informational`.",
                families: BreachMetrics.all)
        ]
        + Feeds.all.flatMap(\.sections).map {
            Section(title: $0.title, about: $0.about, families: $0.families)
        } + [
            Section(
                title: "Polls",
                about: "A poll is one tick of a feed, whatever requests it takes; `feed` is "
                    + "\(words(Feeds.all.map(\.name))). A failed poll's `reason` is \(words(PollReport.Reason.allCases.map(\.rawValue))).",
                families: [
                    PollMetrics.up, PollMetrics.pollsTotal, PollMetrics.pollFailuresTotal, PollMetrics.lastSuccess,
                    PollMetrics.lastDuration, PollMetrics.interval, PollMetrics.lastUnreadable,
                    PollMetrics.lastUnreadableFields, PollMetrics.fallback, PollMetrics.feedUp,
                    PollMetrics.feedAvailable,
                ]),
            Section(
                title: "The appliance's API",
                about: "`path` is the path of a request without its query. A failed request's `reason` is "
                    + "\(words(APIError.Reason.allCases.map(\.rawValue))); troubleshooting.md says what each means. "
                    + "`phase` is `resolve`, `connect`, `tls`, `wait` or `transfer`.",
                families: [
                    APIMetrics.requestsTotal, APIMetrics.requestFailuresTotal, APIMetrics.signatureFailures,
                    APIMetrics.requestDuration, APIMetrics.requestPhases, APIMetrics.responseBytes,
                    APIMetrics.clockSkew, APIMetrics.certificateExpiry, APIMetrics.requestsPerMinuteLimit,
                ]),
            Section(
                title: "The configuration of an appliance",
                about:
                    "From the configuration, whatever the appliance answers. A disabled appliance has these families "
                    + "alone. `kind` is \(words(Settings.LicenseKind.allCases.map(\.rawValue))).",
                families: ConfigurationMetrics.all),
            Section(
                title: "The exporter",
                about: "Counters begin at 0 with each start. What is about scrapes and reloads, `once` leaves out.",
                families: [
                    ExporterMetrics.buildInfo, ExporterMetrics.reloadSuccessful, ExporterMetrics.reloadTimestamp,
                    ExporterMetrics.httpRequests, ExporterMetrics.stateUp, ExporterMetrics.commitDuration,
                    ExporterMetrics.commitFailuresTotal, ExporterMetrics.logLinesDroppedTotal,
                    ExporterMetrics.fileSuccess, ExporterMetrics.webInfo,
                ]),
            Section(
                title: "A fleet",
                about:
                    "Only with the state in PostgreSQL, which several replicas may share. The replica that holds the "
                    + "lease of an appliance polls and exposes it; the others expose nothing of it.",
                families: LeaseMetrics.all),
            Section(
                title: "The process",
                about: "As the client libraries of Prometheus name them; `once` leaves them out.",
                families: [
                    ProcessCollector.cpu, ProcessCollector.resident, ProcessCollector.virtual,
                    ProcessCollector.openFiles,
                    ProcessCollector.maximumFiles, ProcessCollector.start,
                ]),
        ]

    static var text: String {
        """
        # Metrics

        Every family that the exporter serves, made from the code by a test. `appliance` is the name in the
        configuration; the series of an appliance also have its `labels` from there. How breaches are counted, and what is
        promised about the numbers, is in [counting.md](counting.md).
        """ + "\n" + sections.map(text).joined()
    }

    private static func text(_ section: Section) -> String {
        var lines = ["", "## \(section.title)", "", section.about, ""]
        for family in section.families {
            let labels = family.labelNames.map { "`\($0)`" }.joined(separator: ", ")
            lines += ["### `\(family.name)`", "", family.help, ""]
            lines.append("- type: \(kind(family.kind))")
            if !labels.isEmpty { lines.append("- labels: \(labels)") }
            lines.append("")
        }
        return lines.dropLast().joined(separator: "\n") + "\n"
    }

    private static func kind(_ kind: MetricType) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram(let bounds): "histogram, bounds \(bounds.map(bound).joined(separator: " "))"
        case .info: "gauge, always 1 (info in OpenMetrics)"
        }
    }

    private static func bound(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

    private static func words(_ words: [String]) -> String {
        words.dropLast().map { "`\($0)`" }.joined(separator: ", ") + " or `\(words.last ?? "")`"
    }
}
