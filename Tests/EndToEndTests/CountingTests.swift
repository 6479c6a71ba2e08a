import Foundation
import TestSupport
import Testing

/// The whole way with real parts: simulated appliances over TLS, the program as a process, its scrapes.
@Suite struct CountingTests {
    @Test(.timeLimit(.minutes(5))) func `two appliances are counted as their oracles say`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace)
        let exporter = try Exporter(workspace, TestConfiguration(simulator).text)
        let whole = try await exporter.awaitScrape("both first lookbacks") { scrape in
            ["hq", "branch"].allSatisfy {
                scrape.value("darktrace_ledger_start_timestamp_seconds", ["appliance": $0]) != nil
            }
        }
        #expect(whole.value("darktrace_up", ["appliance": "hq"]) == 1)
        try simulator.call("/-/burst?appliance=hq&model=Compromise::Watched%20Domain&count=8")
        try simulator.call("/-/burst?appliance=branch&model=Custom&count=3&priority=5")
        try simulator.call("/-/pause")
        for name in ["hq", "branch"] {
            let start = try #require(whole.value("darktrace_ledger_start_timestamp_seconds", ["appliance": name]))
            let from = Int64((start * 1_000).rounded())
            let scrape = try await exporter.awaitScrape("the counts of \(name)") { scrape in
                let total = scrape.sum("darktrace_model_breaches_total", ["appliance": name])
                return total == Double(try simulator.oracle(name, from: from).total)
            }
            expectTruth(try simulator.oracle(name, from: from), scrape, of: name)
        }
        #expect(try exporter.program.stop() < promptly)
        #expect(try exporter.program.exitStatus() == 0)
    }

    @Test(.timeLimit(.minutes(5))) func `a restart shows at once what was shown before, and goes on counting`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace)
        let configuration = TestConfiguration(simulator, names: ["hq"]).text
        let first = try Exporter(workspace, configuration)
        let before = try await first.awaitScrape("the first lookback") {
            $0.sum("darktrace_model_breaches_total") > 0
        }
        try first.program.stop(SIGKILL)
        // Nothing can be asked now: what the second run shows comes from the state file alone.
        try simulator.set("reset")
        let second = try Exporter(workspace, configuration)
        let restored = try second.scrape()
        #expect(restored.sum("darktrace_model_breaches_total") >= before.sum("darktrace_model_breaches_total"))
        try simulator.clear()
        try simulator.call("/-/pause")
        let start = try #require(before.value("darktrace_ledger_start_timestamp_seconds", ["appliance": "hq"]))
        let oracle = try simulator.oracle("hq", from: Int64((start * 1_000).rounded()))
        let after = try await second.awaitScrape("the counts after the restart") {
            $0.sum("darktrace_model_breaches_total") == Double(oracle.total)
        }
        expectTruth(oracle, after, of: "hq")
    }

    @Test(.timeLimit(.minutes(5))) func `the environment is enough for one appliance`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let tokens = try #require(Simulator.tokens["hq"])
        let exporter = try Exporter(
            workspace, nil,
            environment: [
                "DARKTRACE_URL": "https://\(simulator.address)", "DARKTRACE_PUBLIC_TOKEN": tokens.0,
                "DARKTRACE_PRIVATE_TOKEN_FILE": try workspace.write("private", tokens.1 + "\n"),
                "DARKTRACE_CA_FILE": simulator.caFile,
            ])
        try await exporter.awaitScrape("breaches") { $0.sum("darktrace_model_breaches_total") > 0 }
    }
}
