import Foundation
import TestSupport
import Testing

/// The state of the appliance, in addition to breaches: the real program against simulated appliances of every kind.
@Suite struct StatusTests {
    private func configuration(_ simulator: Simulator, names: [String] = ["hq", "branch"]) -> TestConfiguration {
        var configuration = TestConfiguration(simulator, names: names)
        configuration.global["status_interval"] = "1s"
        return configuration
    }

    @Test(.timeLimit(.minutes(1))) func `what an appliance reports is exposed, its probes included`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let exporter = try Exporter(workspace, configuration(simulator).text)
        let scrape = try await exporter.awaitScrape("both states") { $0.all("darktrace_appliance_info").count == 2 }
        let hq = ["appliance": "hq"]
        let info = try #require(scrape.all("darktrace_appliance_info", hq).first)
        #expect(info.labels["version"] == "6.1.23 (f35936c6)" && info.labels["type"] == "master")
        for name in ["cpu", "load", "memory_used", "disk_utilization"] {
            let ratio = try #require(scrape.value("darktrace_appliance_\(name)_ratio", hq))
            #expect(ratio > 0 && ratio < 1)
        }
        let mounts = scrape.all("darktrace_appliance_disk_space_used_ratio", hq).compactMap { $0.labels["mount"] }
        #expect(Set(mounts) == ["/", "var"])
        #expect(scrape.value("darktrace_appliance_excess_traffic", hq) == 0)
        #expect(scrape.value("darktrace_appliance_active_devices", ["appliance": "hq", "window": "1h"]) == 44)
        #expect(scrape.value("darktrace_appliance_active_devices", ["appliance": "hq", "window": "4w"]) == 72)
        #expect(scrape.value("darktrace_appliance_new_devices", ["appliance": "hq", "window": "7d"]) == 9)
        let given = try #require(scrape.value("darktrace_appliance_bandwidth_bytes_per_second", hq))
        #expect((30_000_000...31_200_000).contains(given), "240 to 249 Mbit/s")
        #expect(scrape.all("darktrace_appliance_license_expiry_timestamp_seconds", hq).count == 6)
        #expect(scrape.all("darktrace_appliance_license_expiry_timestamp_seconds", hq).allSatisfy { $0.value > 1.7e9 })
        let interfaces = scrape.all("darktrace_appliance_interface_up", hq)
        #expect(
            interfaces.map { "\($0.labels["interface"] ?? "") \($0.value)" } == ["eth0 1.0", "eth1 1.0", "eth2 0.0"])
        #expect(scrape.sum("darktrace_appliance_interface_receive_bytes_total", hq) > 1e6)
        let dns = ["appliance": "hq", "protocol": "DNS"]
        let seen = try #require(scrape.value("darktrace_appliance_protocol_last_seen_timestamp_seconds", dns))
        #expect(abs(seen - Date().timeIntervalSince1970) < 600)
        let probe = ["appliance": "hq", "master": "", "probe": "12"]
        #expect(scrape.value("darktrace_probe_up", probe) == 1)
        #expect((0.22...0.31).contains(try #require(scrape.value("darktrace_probe_cpu_ratio", probe))))
        let ofProbe = try #require(scrape.value("darktrace_probe_bandwidth_bytes_per_second", probe))
        #expect((30_000_000...31_200_000).contains(ofProbe))
        #expect(scrape.all("darktrace_probe_info", probe).first?.labels["label"] == "Probe 12")
        #expect(scrape.value("darktrace_poll_interval_seconds", ["appliance": "hq", "feed": "status"]) == 1)
        #expect(scrape.sum("darktrace_up") == 2)
        let text = try exporter.get("/metrics").body
        let result = try Command.run("promtool", ["check", "metrics"], input: text)
        #expect(result.status == 0, "\(result.text) \(result.errors)")
    }

    @Test(.timeLimit(.minutes(1))) func `a Unified View, a lost probe and an old way of writing are understood`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        for fault in ["instances", "probe-error", "probes-by-address", "empty-licence", "time-without-seconds"] {
            try simulator.set(fault, of: "hq")
        }
        try simulator.set("numbers-as-text=status", of: "hq")
        let exporter = try Exporter(workspace, configuration(simulator, names: ["hq"]).text)
        let scrape = try await exporter.awaitScrape("the state") { !$0.all("darktrace_appliance_info").isEmpty }
        #expect(scrape.all("darktrace_appliance_info").first?.labels["type"] == "unifiedView")
        #expect(scrape.value("darktrace_appliance_active_devices", ["window": "24h"]) == 61)
        #expect(scrape.all("darktrace_appliance_license_expiry_timestamp_seconds").isEmpty, "none is known")
        #expect(scrape.value("darktrace_probe_up", ["probe": "10.0.0.12"]) == 1)
        let load = try #require(scrape.value("darktrace_probe_cpu_ratio", ["probe": "10.0.0.12"]))
        #expect((0.22...0.31).contains(load))
        #expect(scrape.value("darktrace_probe_up", ["probe": "10.0.0.13"]) == 0)
        #expect(scrape.value("darktrace_probe_cpu_ratio", ["probe": "10.0.0.13"]) == nil)
        let contact = try #require(
            scrape.value("darktrace_probe_last_contact_timestamp_seconds", ["probe": "10.0.0.13"]))
        #expect(abs(Date().timeIntervalSince1970 - contact - 10_800) < 300)
        #expect(scrape.value("darktrace_master_up", ["master": "1"]) == 1)
        #expect((0.22...0.31).contains(try #require(scrape.value("darktrace_master_cpu_ratio", ["master": "1"]))))
        #expect(scrape.value("darktrace_master_darkflow_queue_seconds", ["master": "1"]) != nil)
        #expect(scrape.value("darktrace_master_up", ["master": "2"]) == 0)
        #expect(scrape.all("darktrace_master_info", ["master": "2"]).first?.labels["label"] == "Site 2")
    }

    /// What the appliance does about `/status` alone, and the reason that must be counted.
    static let cases = [
        ("permission-302", "permission=302", "permission"), ("permission-403", "permission=403", "permission"),
        ("not-found", "not-found", "not_found"), ("login-redirect", "logged-out", "login"),
        ("login-page", "login-page", "login"), ("input", "input-error", "input"),
        ("status-502", "server-error=502", "server"), ("truncated", "truncated=100", "malformed"),
        ("not-json", "not-json", "malformed"), ("empty", "empty-body", "malformed"),
        ("another-form", "wrong-content=number", "malformed"), ("signature", "revoked-token", "signature"),
    ]

    private static func token(_ index: Int, _ kind: Character) -> String {
        String(repeating: kind, count: 20) + String(format: "%020d", index)
    }

    @Test(.timeLimit(.minutes(2))) func `whatever becomes of the status, every breach is counted and the polls go on`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(
            workspace,
            Self.cases.enumerated().map { "--appliance=\($1.0):\(Self.token($0, "a")):\(Self.token($0, "b"))" },
            rate: 500)
        for (name, fault, _) in Self.cases { try simulator.set(fault, of: name, "&path=/status") }
        try simulator.call("/-/pause")
        var configuration = configuration(simulator)
        // Twelve first lookbacks at once, and no failure but the one that is meant.
        configuration.global["poll_timeout"] = "60s"
        configuration.appliances = Self.cases.enumerated().map { index, one in
            .init(
                name: one.0, url: "https://\(simulator.address)", publicToken: Self.token(index, "a"),
                privateToken: Self.token(index, "b"))
        }
        let exporter = try Exporter(workspace, configuration.text)
        for (name, _, reason) in Self.cases {
            try await exporter.awaitTruth(of: name, by: simulator)
            let scrape = try await exporter.awaitScrape("the refusal of \(name)") {
                $0.sum("darktrace_poll_failures_total", ["appliance": name, "feed": "status"]) > 0
            }
            let failures = scrape.all("darktrace_api_request_failures_total", ["appliance": name]).filter {
                $0.value > 0
            }
            #expect(failures.compactMap { $0.labels["reason"] } == [reason], "\(name)")
            #expect(failures.compactMap { $0.labels["path"] } == ["/status"], "\(name)")
            #expect(scrape.value("darktrace_up", ["appliance": name]) == 1, "\(name)")
            let isRefused = ["permission", "login", "not_found", "input"].contains(reason)
            let status = ["appliance": name, "feed": "status"]
            #expect(scrape.value("darktrace_feed_available", status) == (isRefused ? 0 : 1), "\(name)")
            #expect(scrape.all("darktrace_appliance_info", ["appliance": name]).isEmpty, "\(name)")
        }
        let before = try exporter.scrape()
        try await exporter.awaitScrape("further polls of breaches") { scrape in
            Self.cases.allSatisfy { name, _, _ in
                let polls = ["appliance": name, "feed": "modelbreaches"]
                return scrape.sum("darktrace_polls_total", polls) > before.sum("darktrace_polls_total", polls) + 2
            }
        }
        #expect(try exporter.scrape().sum("darktrace_poll_failures_total", ["feed": "modelbreaches"]) == 0)
        // One line each; only a missing permission is for the user to add.
        for (name, _, reason) in Self.cases where ["permission", "login", "not_found", "input"].contains(reason) {
            let lines = exporter.program.log.split(separator: "\n").filter { $0.contains("appliance=\(name) ") }
                .filter { $0.contains("Poll failed") }
            let hasAdvice = lines.first?.contains("status_interval: 0s") == true
            #expect(lines.count == 1 && hasAdvice == ["permission", "login"].contains(reason), "\(lines)")
        }
        #expect(try exporter.get("/").text.contains("status: permission: "))
    }

    @Test(.timeLimit(.minutes(1))) func `a state that is not confirmed disappears, and comes back`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let exporter = try Exporter(workspace, configuration(simulator, names: ["hq"]).text)
        try await exporter.awaitScrape("the state") { $0.value("darktrace_probe_up") == 1 }
        try simulator.set("server-error=500", of: "hq", "&path=/status")
        let without = try await exporter.awaitScrape("its end") { $0.all("darktrace_probe_up").isEmpty }
        #expect(without.all("darktrace_appliance_info").isEmpty)
        #expect(without.value("darktrace_up") == 1)
        try simulator.clear()
        try await exporter.awaitScrape("its return", seconds: 50) { $0.value("darktrace_probe_up") == 1 }
    }

    @Test(.timeLimit(.minutes(1))) func `switched off by a reload, nothing of it is left`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        var configuration = configuration(simulator, names: ["hq"])
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("the state") { !$0.all("darktrace_appliance_info").isEmpty }
        configuration.global["status_interval"] = "0s"
        try workspace.write("darktrace-exporter.yml", configuration.text)
        kill(exporter.program.pid, SIGHUP)
        let scrape = try await exporter.awaitScrape("the new configuration") {
            $0.all("darktrace_appliance_info").isEmpty && $0.all("darktrace_poll_interval_seconds").count == 1
        }
        #expect(!scrape.samples.contains { $0.labels["feed"] == "status" || $0.labels["path"] == "/status" })
        #expect(scrape.sum("darktrace_polls_total", ["feed": "modelbreaches"]) > 0)
    }

    @Test(.timeLimit(.minutes(1))) func `check warns and once prints the rest when only the status is refused`() throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        try simulator.set("permission=302", of: "hq", "&path=/status")
        let text = configuration(simulator).text
        let check = try ProcessResult.run("check", in: workspace, text)
        #expect(check.status == 0, "\(check.output)")
        let warning = check.lines("hq: warning: permission: /status: permission: ")
        #expect(warning.count == 1 && warning.first?.contains("status_interval: 0s") == true, "\(check.output)")
        #expect(check.lines("hq: ok: permission: /modelbreaches is readable").count == 1)
        #expect(check.lines("branch: ok: permission: /status is readable (feed status)").count == 1)
        #expect(check.output.contains("appliances: 2, failed: 0, warnings: 1"))
        let once = try ProcessResult.run("once", in: workspace, text)
        #expect(once.status == 0, "\(once.log)")
        let scrape = try Scrape(once.output)
        #expect(scrape.all("darktrace_appliance_info").map { $0.labels["appliance"] } == ["branch"])
        #expect(scrape.sum("darktrace_up") == 2)
        #expect(scrape.sum("darktrace_poll_failures_total", ["feed": "status"]) == 1)
        let result = try Command.run("promtool", ["check", "metrics"], input: Data(once.output.utf8))
        #expect(result.status == 0, "\(result.text) \(result.errors)")
    }
}
