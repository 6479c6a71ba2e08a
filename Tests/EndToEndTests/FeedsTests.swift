import Foundation
import TestSupport
import Testing

/// All feeds of the real program against the simulator, by the truth that the simulator reports.
@Suite struct FeedsTests {
    private static let feeds = [
        "modelbreaches", "status", "acknowledgements", "antigena", "antigena_actions", "incidents", "incident_events",
        "statistics",
    ]

    private func configuration(_ simulator: Simulator) -> TestConfiguration {
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["status_interval"] = nil
        let intervals = Self.feeds.dropFirst().map { "\($0): {interval: 1s}" }.joined(separator: ", ")
        configuration.global["feeds"] = "{\(intervals)}"
        return configuration
    }

    /// The simulator's truth about one family of feeds.
    private func truth(_ simulator: Simulator, _ family: String) throws -> [String: Any] {
        try simulator.call("/-/oracle?appliance=hq&family=\(family)")
    }

    @Test(.timeLimit(.minutes(2))) func `every feed is available, and its gauges follow the simulator's truth`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 100)
        // Dates may be off, because time is moved below.
        try simulator.set("date-window=0")
        let exporter = try Exporter(workspace, configuration(simulator).text)
        let scrape = try await exporter.awaitScrape("every feed") {
            $0.all("darktrace_feed_up").filter { $0.value == 1 }.count == Self.feeds.count
        }
        for feed in Self.feeds {
            #expect(scrape.value("darktrace_feed_available", ["feed": feed]) == 1)
            #expect(scrape.sum("darktrace_poll_failures_total", ["feed": feed]) == 0)
            #expect(scrape.value("darktrace_poll_last_unreadable_fields", ["feed": feed]) == 0)
        }
        for _ in 0..<3 {
            // The truth moves on, and the exporter follows within a poll.
            _ = try await exporter.awaitScrape("incidents") { try matchesIncidents($0, truth(simulator, "incidents")) }
            _ = try await exporter.awaitScrape("actions") { try matchesActions($0, truth(simulator, "actions")) }
            _ = try await exporter.awaitScrape("statistics") {
                try matchesStatistics($0, truth(simulator, "statistics"))
            }
            _ = try simulator.call("/-/clock?advance=25200")
        }
    }

    private func matchesIncidents(_ scrape: Scrape, _ truth: [String: Any]) -> Bool {
        truth.allSatisfy { category, value in
            guard let value = value as? [String: Any] else { return false }
            let labels = ["category": category]
            func count(_ state: String) -> Double? {
                scrape.value("darktrace_aianalyst_incidents", ["category": category, "state": state])
            }
            let score = (value["highestScore"] as? Double).map { $0 / 100 }
            let oldest = (value["oldest"] as? Double).map { $0 / 1_000 }
            return count("open") == value["open"] as? Double
                && count("acknowledged") == value["acknowledged"] as? Double
                && scrape.value("darktrace_aianalyst_incident_highest_score", labels) == score
                && scrape.value("darktrace_aianalyst_incident_oldest_unacknowledged_timestamp_seconds", labels)
                    == oldest
        }
    }

    private func matchesActions(_ scrape: Scrape, _ truth: [String: Any]) -> Bool {
        ["active", "pending"].allSatisfy { state in
            scrape.value("darktrace_antigena_actions", ["state": state]) == truth[state] as? Double
        }
            && scrape.value("darktrace_antigena_action_oldest_pending_timestamp_seconds", [:])
                == (truth["oldestPending"] as? Double).map { $0 / 1_000 }
    }

    private func matchesStatistics(_ scrape: Scrape, _ truth: [String: Any]) -> Bool {
        let families = [
            ("devices", "darktrace_devices", "type"), ("accounts", "darktrace_saas_accounts", "platform"),
            ("tactics", "darktrace_mitre_tactic_model_breaches", "tactic"),
        ]
        return families.allSatisfy { part, name, label in
            guard let values = truth[part] as? [String: Double] else { return false }
            return scrape.all(name).count == values.count
                && values.allSatisfy { scrape.value(name, [label: $0.key]) == $0.value }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `incident events and actions are counted exactly`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 100, history: "3d")
        var configuration = configuration(simulator)
        configuration.global["initial_lookback"] = "7d"
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("the truth") { scrape in
            let events = try truth(simulator, "incident_events&from=0")
            let actions = try truth(simulator, "actions&from=0")
            let started = "darktrace_antigena_actions_started_total"
            return events.allSatisfy { category, count in
                scrape.value("darktrace_aianalyst_incident_events_total", ["category": category]) == count as? Double
            } && scrape.value(started, ["origin": "model"]) == actions["startedByModel"] as? Double
                && scrape.value(started, ["origin": "manual"]) == actions["startedManually"] as? Double
                && scrape.value("darktrace_antigena_actions_expired_unconfirmed_total")
                    == actions["expiredUnconfirmed"] as? Double
                && scrape.sum(started) > 20
        }
    }

    /// How an appliance refuses an endpoint that it does not have or that the API user may not read.
    static let refusals = ["permission=302", "input-error", "server-error=500"]

    @Test(.timeLimit(.minutes(1)), arguments: refusals)
    func `feeds that are refused from the start are not available, and no failure`(
        refusal: String
    ) async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 100)
        for path in ["/antigena", "/aianalyst", "/summarystatistics"] {
            // A fault has one path at a time: each needs a fault of its own.
            try simulator.set(refusal, of: "hq", "&path=\(path)")
            let text = configuration(simulator).text
            let check = try ProcessResult.run("check", in: workspace, text)
            #expect(check.status == 0)
            #expect(
                check.lines("hq: ok: permission: \(path)").contains { $0.contains("is not available: ") },
                "\(check.output)")
            let once = try ProcessResult.run("once", in: workspace, text)
            #expect(once.status == 0)
            let scrape = try Scrape(once.output)
            let refused = scrape.all("darktrace_feed_available").filter { $0.value == 0 }.compactMap {
                $0.labels["feed"]
            }
            let expected = [
                "/antigena": ["antigena", "antigena_actions"], "/aianalyst": ["incident_events", "incidents"],
                "/summarystatistics": ["statistics"],
            ]
            #expect(refused.sorted() == expected[path])
            #expect(scrape.sum("darktrace_poll_failures_total", [:]) == 0)
            #expect(scrape.sum("darktrace_api_request_failures_total", [:]) == 0)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `open and acknowledged breaches are all that were listed`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 100)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["feeds"] = "{acknowledgements: {interval: 1s, window: 7d}, antigena: {enabled: false}}"
        configuration.global["initial_lookback"] = "7d"
        let exporter = try Exporter(workspace, configuration.text)
        let scrape = try await exporter.awaitScrape("acknowledgements") {
            $0.sum("darktrace_model_breaches_acknowledged_total") > 0 && $0.sum("darktrace_model_breaches_total") > 0
        }
        #expect(scrape.value("darktrace_acknowledgement_window_seconds") == 604_800.0)
        let acknowledged = scrape.sum("darktrace_model_breaches_acknowledged_total")
        let open = scrape.sum("darktrace_model_breaches_unacknowledged")
        #expect(open > 0)
        #expect(scrape.sum("darktrace_model_breach_acknowledgement_delay_seconds_count") == acknowledged)
        // The feeds poll at different times, and a few breaches come or are acknowledged in between.
        let total = scrape.sum("darktrace_model_breaches_total")
        #expect(abs(open + acknowledged - total) <= total / 20 + 5)
    }
}
