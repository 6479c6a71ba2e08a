import Collector
import Foundation
import TestSupport
import Testing

/// All feeds of the real program against the simulator, by the truth that the simulator reports.
@Suite(.ownThread, .serialized) struct FeedsTests {
    private static let feeds = Feeds.all.map(\.name)

    private func configuration(_ simulator: Simulator) -> TestConfiguration {
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["status_interval"] = nil
        configuration.global["feeds"] = TestConfiguration.feeds(
            Dictionary(uniqueKeysWithValues: Self.feeds.dropFirst().map { ($0, "1s") }))
        return configuration
    }

    /// The simulator's truth about one family of feeds.
    private func truth(_ simulator: Simulator, _ family: String) throws -> [String: Any] {
        try simulator.call("/-/oracle?appliance=hq&family=\(family)")
    }

    @Test(.timeLimit(.minutes(10))) func `every feed is available, and its gauges follow the simulator's truth`()
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
            _ = try await exporter.awaitScrape("the status") { try matchesStatus($0, truth(simulator, "status")) }
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
                && scrape.value("darktrace_antigena_action_devices", ["state": state])
                    == truth["\(state)Devices"] as? Double
        }
            && scrape.value("darktrace_antigena_action_oldest_pending_timestamp_seconds", [:])
                == (truth["oldestPending"] as? Double).map { $0 / 1_000 }
    }

    /// By the fields of `/status`, as the API writes them.
    private func matchesStatus(_ scrape: Scrape, _ truth: [String: Any]) -> Bool {
        func field(_ name: String, in object: [String: Any]?) -> Double? { object?[name] as? Double }
        let blocked = truth["antigenaNetworkBlockedConnections"] as? [String: Any]
        let counts = truth["licenseCounts"] as? [String: Any]
        var expected: [(name: String, labels: [String: String], value: Double?)] = [
            ("license_usage", ["kind": "ip"], field("licenseIPCount", in: counts)),
            ("license_usage", ["kind": "cloud_ip"], field("licenseCloudIPCount", in: counts)),
            ("license_usage", ["kind": "saas"], field("total", in: counts?["saas"] as? [String: Any])),
            ("log_ingestion_received_total", ["transport": "tcp"], field("logIngestionTCP", in: truth)),
            ("log_ingestion_received_total", ["transport": "udp"], field("logIngestionUDP", in: truth)),
            ("log_ingestion_processed_total", [:], field("logIngestionProcessed", in: truth)),
            ("log_ingestion_replicated_total", [:], field("logIngestionReplicated", in: truth)),
            ("models", [:], field("models", in: truth)),
            ("models_breached", [:], field("modelsBreached", in: truth)),
            ("models_suppressed", [:], field("modelsSuppressed", in: truth)),
            ("antigena_blocked_connections_attempted", [:], field("attempted", in: blocked)),
            ("antigena_blocked_connections_failed", [:], field("failed", in: blocked)),
            ("antigena_confirmation_mode", [:], field("antigenaNetworkConfirmationMode", in: truth)),
            ("callhome_enabled", [:], field("callhomeEnabled", in: truth)),
            ("subnets", [:], field("subnets", in: truth)),
        ]
        let sources = ["cSensor": "csensor", "network": "network", "logInput": "log_input", "saas": "saas"]
        let types = [
            "Notices": "notices", "DeviceDetails": "device_details", "ModelEvents": "model_events",
            "Connections": "connections",
        ]
        for (source, sourceLabel) in sources {
            for (type, typeLabel) in types {
                expected.append(
                    (
                        "events_per_second", ["source": sourceLabel, "type": typeLabel],
                        field("eventsPerMinuteCurrent\(source)\(type)", in: truth).map { $0 / 60 }
                    ))
            }
        }
        return expected.allSatisfy { name, labels, value in
            value != nil && scrape.value("darktrace_appliance_\(name)", labels) == value
        }
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

    @Test(.timeLimit(.minutes(10))) func `incident events and actions are counted exactly`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 100, history: "3d")
        var configuration = configuration(simulator)
        configuration.global["initial_lookback"] = "7d"
        configuration.global["recheck_interval"] = "1s"
        // Dates may be off, because time is moved below.
        try simulator.set("date-window=0")
        let exporter = try Exporter(workspace, configuration.text)
        for _ in 0..<4 {
            let scrape = try await exporter.awaitScrape("the truth") { try matchesEventsAndActions($0, simulator) }
            #expect(scrape.sum("darktrace_antigena_actions_started_total") > 20)
            // Actions are confirmed, or expire, days after their start.
            try simulator.call("/-/clock?advance=93600")
        }
    }

    private func matchesEventsAndActions(_ scrape: Scrape, _ simulator: Simulator) throws -> Bool {
        let events = try truth(simulator, "incident_events&from=0")
        let actions = try truth(simulator, "actions&from=0")
        let started = "darktrace_antigena_actions_started_total"
        return events.allSatisfy { category, count in
            scrape.value("darktrace_aianalyst_incident_events_total", ["category": category]) == count as? Double
        } && scrape.value(started, ["origin": "model"]) == actions["startedByModel"] as? Double
            && scrape.value(started, ["origin": "manual"]) == actions["startedManually"] as? Double
            && scrape.value("darktrace_antigena_actions_expired_unconfirmed_total")
                == actions["expiredUnconfirmed"] as? Double
    }

    /// How an appliance refuses an endpoint that it does not have or that the API user may not read.
    static let refusals = ["permission=302", "input-error", "server-error=500"]

    @Test(.timeLimit(.minutes(10)), arguments: refusals)
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

    /// Where full records alone show acknowledgements, and where short ones do too.
    @Test(.timeLimit(.minutes(10)), arguments: [true, false])
    func `open and acknowledged breaches are counted exactly`(areShort: Bool) async throws {
        let workspace = try TemporaryDirectory()
        let fault = areShort ? [] : ["--fault=short-form-lacks=acknowledged"]
        let simulator = try Simulator(workspace, fault + ["--fault=acknowledged-after=30000"], rate: 400)
        // Dates may be off, because time is moved below.
        try simulator.set("date-window=0")
        try simulator.call("/-/pause")
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["feeds"] = TestConfiguration.feeds(["acknowledgements": "1s"])
        // Full records are large.
        configuration.global["poll_timeout"] = "60s"
        let exporter = try Exporter(workspace, configuration.text)
        var counts: [Double] = []
        for _ in 0..<4 {
            let scrape = try await exporter.awaitScrape("the truth") {
                try matchesAcknowledgements($0, simulator.call("/-/oracle?appliance=hq"))
            }
            #expect(scrape.value("darktrace_acknowledgement_window_seconds") == 2_592_000)
            counts.append(scrape.sum("darktrace_model_breaches_acknowledged_total"))
            try simulator.call("/-/clock?advance=3600")
        }
        #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 < $1 }, "more are acknowledged every hour: \(counts)")
    }

    private func matchesAcknowledgements(_ scrape: Scrape, _ truth: [String: Any]) -> Bool {
        guard let open = truth["open"] as? [String: Double], let acknowledged = truth["everAcknowledged"] as? Double
        else { return false }
        return !open.isEmpty
            && open.allSatisfy { scrape.value("darktrace_model_breaches_unacknowledged", ["category": $0]) == $1 }
            && scrape.sum("darktrace_model_breaches_acknowledged_total") == acknowledged
            && scrape.sum("darktrace_model_breach_acknowledgement_delay_seconds_count") == acknowledged
    }

    @Test(.timeLimit(.minutes(10))) func `kills at random times leave every counted feed exact`() async throws {
        var rng = SeededRNG(printingSeedOf: "kills of feeds")
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(
            workspace, ["--fault=acknowledged-after=1800", "--seed=\(rng.seed)"], rate: 2_000, history: "2d")
        try simulator.set("date-window=0")
        var configuration = configuration(simulator)
        configuration.global["initial_lookback"] = "7d"
        configuration.global["recheck_interval"] = "1s"
        let file = try workspace.write("darktrace-exporter.yml", configuration.text)
        var water = MonotonicityCheck()
        for life in 1...20 {
            let program = try RunningProgram(
                "darktrace-exporter",
                [
                    "--web.listen-address=127.0.0.1:0", "--state.path=\(workspace.path("state.db"))",
                    "--config.file=\(file)",
                ])
            let address = try program.awaitLog(#/msg="Listening on" address=(127\S+)/#).output.1
            func look() throws {
                water.expectNoFall(
                    try Scrape(HTTP.get("http://\(address)/metrics").text), "life \(life), SEED=\(rng.seed)")
            }
            try look()
            // At any time, or while one commit follows another.
            let (rises, isAimed) = (water.rises, rng.chance(0.5))
            for _ in 0..<200 where isAimed && water.rises == rises {
                try look()
                usleep(50_000)
            }
            usleep(UInt32.random(in: 0..<(isAimed ? 200_000 : 1_500_000), using: &rng))
            try program.stop(SIGKILL)
            try simulator.call("/-/clock?advance=3600")
        }
        try simulator.call("/-/pause")
        let exporter = try Exporter(workspace, configuration.text)
        let last = try await exporter.awaitScrape("the truth, SEED=\(rng.seed)") {
            try matchesEventsAndActions($0, simulator)
                && matchesAcknowledgements($0, simulator.call("/-/oracle?appliance=hq"))
        }
        water.expectNoFall(last, "the end, SEED=\(rng.seed)")
        #expect(water.rises > 5, "lives are long enough to count")
    }
}
