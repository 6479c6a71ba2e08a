import Foundation
import TestSupport
import Testing

/// What stands between the exporter and an appliance: tokens, names, certificates, ports.
@Suite struct ReachTests {
    @Test(.timeLimit(.minutes(5))) func `a wrong private token is refused, and a corrected file is tried at once`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let right = try #require(Simulator.tokens["hq"])
        let file = try workspace.write("private-token", String(repeating: "9", count: 40))
        let exporter = try Exporter(
            workspace,
            """
            global: {poll_interval: 1h, poll_timeout: 5s, requests_per_minute: 600, new_series_hold: 0s}
            appliances:
              - name: hq
                url: https://\(simulator.address)
                public_token: "\(right.0)"
                private_token_file: \(file)
                tls_config: {ca_file: ca.pem}
            """)
        try await exporter.awaitScrape("signature failures") {
            $0.sum("darktrace_api_signature_failures_total", ["reason": "signature"]) > 0
                && $0.value("darktrace_polls_total", ["feed": "modelbreaches"]) == 1
        }
        #expect(try exporter.scrape().value("darktrace_up") == 0)
        #expect(!exporter.program.log.contains(String(repeating: "9", count: 40)))
        try workspace.write("private-token", right.1 + "\n")
        // Without the new file it would wait for up to an hour.
        try await exporter.awaitScrape("the recovery") { $0.value("darktrace_up") == 1 }
    }

    /// What is in the CA file of one appliance; nil is no file.
    @Test(.timeLimit(.minutes(5)), arguments: [nil, "no certificate\n"])
    func `an unusable CA file stops its appliance alone, and is tried at once when it is repaired`(
        content: String?
    ) async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        if let content { try workspace.write("branch-ca.pem", content) }
        var configuration = TestConfiguration(simulator)
        configuration.caFile = nil
        configuration.global["poll_interval"] = "1h"
        configuration.appliances[0].lines = ["tls_config: {ca_file: ca.pem}"]
        configuration.appliances[1].lines = ["tls_config: {ca_file: branch-ca.pem}"]
        let exporter = try Exporter(workspace, configuration.text)
        let scrape = try await exporter.awaitScrape("both first polls") {
            $0.value("darktrace_up", ["appliance": "hq"]) == 1
                && $0.value("darktrace_polls_total", ["appliance": "branch", "feed": "modelbreaches"]) == 1
        }
        #expect(scrape.value("darktrace_up", ["appliance": "branch"]) == 0)
        #expect(scrape.sum("darktrace_poll_failures_total", ["appliance": "branch", "reason": "tls"]) == 1)
        #expect(exporter.program.log.contains("branch-ca.pem"))
        try workspace.write("branch-ca.pem", String(contentsOfFile: workspace.path("ca.pem"), encoding: .utf8))
        // Without the repaired file it would wait for up to an hour.
        try await exporter.awaitScrape("the recovery") { $0.value("darktrace_up", ["appliance": "branch"]) == 1 }
    }

    @Test(.timeLimit(.minutes(5))) func `an unknown public token is a signature failure`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 10)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.appliances[0].publicToken = String(repeating: "8", count: 40)
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("a signature failure") {
            $0.sum("darktrace_api_signature_failures_total", ["reason": "signature"]) > 0
        }
        #expect(try exporter.scrape().value("darktrace_up") == 0)
    }

    /// The line of the configuration that makes the way impossible, and the reason that must be counted.
    static let ways: [(url: String, tls: String, reason: String)] = [
        ("https://appliance.invalid", "", "resolve"),
        ("https://127.0.0.1:1", "", "connect"),
        ("SIMULATOR", "", "tls"),
        ("SIMULATOR", "tls_config: {ca_file: ca.pem, server_name: other.example}", "tls"),
        ("SIMULATOR", "tls_config: {ca_file: ca.pem}\n    proxy_url: http://user:hunter22@127.0.0.1:1", "proxy"),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: ways) func `a way that leads nowhere is named`(
        url: String, tls: String, reason: String
    ) async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 10)
        let tokens = try #require(Simulator.tokens["hq"])
        let exporter = try Exporter(
            workspace,
            """
            global: {poll_interval: 1s, poll_timeout: 5s, requests_per_minute: 600}
            appliances:
              - name: hq
                url: \(url == "SIMULATOR" ? "https://\(simulator.address)" : url)
                public_token: "\(tokens.0)"
                private_token: "\(tokens.1)"
                \(tls)
            """.replacingOccurrences(of: "\n    proxy_url", with: "\n    proxy_url"))
        try await exporter.awaitScrape("a failure by \(reason)") {
            $0.sum("darktrace_api_request_failures_total", ["reason": reason]) > 0
        }
        let scrape = try exporter.scrape()
        #expect(
            scrape.sum("darktrace_api_request_failures_total")
                == scrape.sum("darktrace_api_request_failures_total", ["reason": reason]))
        #expect(scrape.value("darktrace_up") == 0)
        #expect(!exporter.program.log.contains("hunter22"))
        #expect(try !exporter.get("/").text.contains("hunter22"))
    }

    @Test(.timeLimit(.minutes(5))) func `an appliance that was gone is counted as if it had not been`() async throws {
        let workspace = try TemporaryDirectory()
        let (publicToken, privateToken) = (String(repeating: "a", count: 40), String(repeating: "b", count: 40))
        let simulator = try Simulator(
            workspace,
            ["--appliance=hq:\(publicToken):\(privateToken):listen=127.0.0.1:0", "--fault=hq:closed"], rate: 5_000)
        let own = String(try simulator.program.awaitLog(#/ready .*hq=(\S+)/#).output.1)
        var configuration = TestConfiguration(simulator, names: [])
        configuration.appliances = [
            .init(name: "hq", url: "https://\(own)", publicToken: publicToken, privateToken: privateToken)
        ]
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("a failure to connect") {
            $0.sum("darktrace_api_request_failures_total", ["reason": "connect"]) > 0
        }
        try simulator.clear()
        let up = try await exporter.awaitScrape("the recovery") { $0.value("darktrace_up") == 1 }
        try simulator.set("closed", of: "hq")
        try await exporter.awaitScrape("another failure") { $0.value("darktrace_up") == 0 }
        #expect(
            try exporter.scrape().sum("darktrace_model_breaches_total") >= up.sum("darktrace_model_breaches_total"),
            "counters stay when an appliance is gone")
        try simulator.clear()
        try simulator.call("/-/pause")
        let start = try #require(up.value("darktrace_ledger_start_timestamp_seconds"))
        let oracle = try simulator.oracle("hq", from: Int64((start * 1_000).rounded()))
        let scrape = try await exporter.awaitScrape("all breaches") {
            $0.sum("darktrace_model_breaches_total") == Double(oracle.total)
        }
        expectTruth(oracle, scrape, of: "hq")
    }

    @Test(.timeLimit(.minutes(5))) func `an authority that is corrected is believed without a restart`() async throws {
        let workspace = try TemporaryDirectory()
        let other = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let stranger = try Simulator(other, rate: 1)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.caFile = workspace.path("trusted.pem")
        let read = { (path: String) in try String(contentsOfFile: path, encoding: .utf8) }
        try workspace.write("trusted.pem", read(stranger.caFile))
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("a failure of trust") {
            $0.sum("darktrace_api_request_failures_total", ["reason": "tls"]) > 0 && $0.value("darktrace_up") == 0
        }
        try workspace.write("trusted.pem", read(simulator.caFile))
        try await exporter.awaitScrape("the recovery") {
            $0.value("darktrace_up") == 1 && $0.sum("darktrace_model_breaches_total") > 0
        }
    }

    @Test(.timeLimit(.minutes(5))) func `an insecure appliance is reached when that is said`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 200)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.caFile = nil
        configuration.appliances[0].lines = ["tls_config: {insecure_skip_verify: true}"]
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("an answer") { $0.value("darktrace_up") == 1 }
        #expect(exporter.program.log.contains("insecure_skip_verify is on"))
    }

    @Test(.timeLimit(.minutes(5))) func `SIGTERM ends a stalled poll at once`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, ["--fault=silent"])
        var configuration = TestConfiguration(simulator)
        configuration.global["poll_timeout"] = "60s"
        let exporter = try Exporter(workspace, configuration.text, arguments: ["--log.level=debug"])
        try await eventually("a request that stalls") {
            try simulator.requests(of: "hq") == 1
        }
        #expect(try exporter.program.stop() < promptly)
        #expect(try exporter.program.exitStatus() == 0)
    }

    @Test(.timeLimit(.minutes(5)), arguments: [SIGTERM, SIGINT]) func `a signal ends the idle program with 0`(
        signal: Int32
    ) async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 50)
        let exporter = try Exporter(workspace, TestConfiguration(simulator).text)
        try await exporter.awaitScrape("both up") { $0.sum("darktrace_up") == 2 }
        #expect(try exporter.program.stop(signal) < promptly)
        #expect(try exporter.program.exitStatus() == 0)
    }
}
