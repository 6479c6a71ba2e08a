import Foundation
import TestSupport
import Testing

/// The first breach of a model is seen by every scraper that scrapes at least once while its series is held at 0.
@Suite(.ownThread) struct FirstBreachTests {
    private static let hold = 8.0
    private static let total = "darktrace_model_breaches_total"

    @Test(.timeLimit(.minutes(10))) func `two Prometheus out of phase see the first breach of a new model`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        try simulator.call("/-/pause")
        var configuration = TestConfiguration(simulator)
        configuration.global["new_series_hold"] = "\(Int(Self.hold))s"
        // The control: without a hold the same breach is invisible.
        configuration.appliances[1].lines = ["new_series_hold: 0s"]
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("both first lookbacks") { scrape in
            ["hq", "branch"].allSatisfy { scrape.sum(Self.total, ["appliance": $0]) > 0 }
        }
        let watchers = try [("quick", "1s"), ("slow", "2s")].map { name, interval in
            try Prometheus(
                workspace,
                scrapeConfigs:
                    "  - {job_name: d, scrape_interval: \(interval), static_configs: [{targets: ['\(exporter.address)']}]}",
                name: name)
        }
        for watcher in watchers {
            try await eventually("a scrape by each", seen: { watcher.program.log }) {
                try watcher.query("count(\(Self.total))").first?.value ?? 0 > 0
            }
        }

        // One breach: one single increment is the hardest to see.
        let model = "Anomalous::Never Seen"
        let burst = ContinuousClock.now
        try simulator.call("/-/burst?model=Anomalous::Never%20Seen&count=1")
        expectHold(try await watchHold(of: model, true: 1, exporter, since: burst))
        let increase = "increase(\(Self.total){model=\"\(model)\", appliance=\"hq\"}[5m])"
        for watcher in watchers {
            try await eventually("the increase", seen: { "\((try? watcher.query(increase)) ?? [])" }) {
                try watcher.query(increase).first?.value ?? 0 >= 1
            }
        }
        let unheld = "increase(\(Self.total){model=\"\(model)\", appliance=\"branch\"}[5m])"
        #expect(try watchers[0].query(unheld).first?.value == 0, "without a hold no scraper sees it")
    }

    @Test(.timeLimit(.minutes(10))) func `a restart within the hold restarts it, one after it exposes the true value`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        try simulator.call("/-/pause")
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["new_series_hold"] = "\(Int(Self.hold))s"
        let first = try Exporter(workspace, configuration.text)
        let before = try await first.awaitScrape("the first lookback") { $0.sum(Self.total) > 0 }
        let scores = before.sum("darktrace_model_breach_score_count")

        let model = "Anomalous::Also New"
        try simulator.call("/-/burst?appliance=hq&model=Anomalous::Also%20New&count=5")
        let birth = try await first.awaitScrape("the new series") { !$0.all(Self.total, ["model": model]).isEmpty }
        #expect(birth.value(Self.total, ["model": model]) == 0)
        #expect(birth.sum("darktrace_model_breach_score_count") == scores + 5, "the histogram is never held back")
        // Half of the hold: what is left of it would end too early.
        try await Task.sleep(for: .seconds(Self.hold * 0.5))
        #expect(try first.scrape().value(Self.total, ["model": model]) == 0)
        try first.program.stop(SIGKILL)

        let restart = ContinuousClock.now
        let second = try Exporter(workspace, configuration.text)
        #expect(try second.scrape().value(Self.total, ["model": model]) == 0, "shown at once, and still as 0")
        expectHold(try await watchHold(of: model, true: 5, second, since: restart))
        try second.program.stop(SIGKILL)

        let third = try Exporter(workspace, configuration.text)
        #expect(try third.scrape().value(Self.total, ["model": model]) == 5, "what was released stays released")
        try await third.awaitTruth(of: "hq", by: simulator)
    }

    /// Scrapes from before the first sight of a series of `hq` until it has its true value, and returns how many seconds
    /// it was held at least and at most; a scrape in between must see 0. The hold began after `since`,
    /// which may be long before the first scrape.
    private func watchHold(
        of model: String, true value: Double, _ exporter: Exporter, since: ContinuousClock.Instant
    ) async throws -> ClosedRange<Double> {
        // Between two scrapes the time of a change is unknown, and on a busy machine they are far apart.
        var begin = (before: since, sight: ContinuousClock.Instant?.none)
        var lastZero = ContinuousClock.now
        var scrapeBegan = ContinuousClock.now
        var values: [Double] = []
        try await exporter.awaitScrape("the release of \(model)", seconds: Self.hold + 60) { scrape in
            defer { scrapeBegan = .now }
            guard let shown = scrape.value(Self.total, ["appliance": "hq", "model": model]) else {
                begin.before = scrapeBegan
                return false
            }
            begin.sight = begin.sight ?? .now
            values.append(shown)
            if shown == 0 { lastZero = scrapeBegan }
            return shown == value
        }
        let sight = try #require(begin.sight)
        #expect(values.count > 1)
        #expect(values.dropLast().allSatisfy { $0 == 0 }, "\(values)")
        let least = max(0, (lastZero - sight) / .seconds(1))
        return least...max(least, (ContinuousClock.now - begin.before) / .seconds(1))
    }

    /// Whether the hold can have been as long as it is set, and not much longer.
    private func expectHold(
        _ seconds: ClosedRange<Double>, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(seconds.upperBound >= Self.hold, "held for \(seconds) s", sourceLocation: sourceLocation)
        #expect(seconds.lowerBound < Self.hold + 30, "held for \(seconds) s", sourceLocation: sourceLocation)
    }
}
