import Foundation
import TestSupport
import Testing

/// `once` with the real program: what a file for a textfile collector holds, run after run.
@Suite struct OnceTests {
    private static let total = "darktrace_model_breaches_total"

    private func once(
        in workspace: TemporaryDirectory, _ configuration: TestConfiguration
    ) throws -> (ended: ProcessResult, scrape: Scrape) {
        let ended = try ProcessResult.run("once", in: workspace, configuration.text, arguments: ["--log.level=warn"])
        return (ended, try Scrape(ended.output))
    }

    private func truth(_ scrape: Scrape, of name: String, by simulator: Simulator) throws -> Oracle {
        let start = try #require(scrape.value("darktrace_ledger_start_timestamp_seconds", ["appliance": name]))
        return try simulator.oracle(name, from: Int64((start * 1_000).rounded()))
    }

    @Test(.timeLimit(.minutes(1))) func `each run prints what is true, counted once over all runs`() throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 2_000)
        try simulator.call("/-/pause")
        var configuration = TestConfiguration(simulator)
        configuration.global.merge(["new_series_hold": "2m", "poll_interval": "1m"]) { $1 }
        let first = try once(in: workspace, configuration)
        #expect(first.ended.status == 0, "\(first.ended.log)")
        let lines = first.ended.log.split(separator: "\n")
        #expect(lines.allSatisfy { $0.contains(Simulator.sharedURLWarning) }, "\(first.ended.log)")
        for name in ["hq", "branch"] {
            expectTruth(try truth(first.scrape, of: name, by: simulator), first.scrape, of: name)
        }
        #expect(first.scrape.sum("darktrace_up") == 2)
        try expectFitForACollector(first.ended.output)

        try simulator.call("/-/burst?appliance=hq&model=Anomalous::Never%20Seen&count=7")
        let new = ["appliance": "hq", "model": "Anomalous::Never Seen"]
        let second = try once(in: workspace, configuration)
        #expect(second.scrape.value(Self.total, new) == 0, "held until the next run")
        #expect(
            second.scrape.sum("darktrace_model_breach_score_count", ["appliance": "hq"])
                == first.scrape.sum("darktrace_model_breach_score_count", ["appliance": "hq"]) + 7)
        let third = try once(in: workspace, configuration)
        #expect(third.scrape.value(Self.total, new) == 7)
        for name in ["hq", "branch"] {
            expectTruth(try truth(third.scrape, of: name, by: simulator), third.scrape, of: name)
        }
        for run in [first, second, third] {
            #expect(run.scrape.value("darktrace_polls_total", ["appliance": "hq"]) == 1, "of this run alone")
        }

        // The service continues where the runs ended, and has the file to itself.
        let exporter = try Exporter(workspace, configuration.text)
        #expect(try exporter.scrape().value(Self.total, new) == 7)
        try expectRefusal(
            [
                "once", "--config.file=\(workspace.path("darktrace-exporter.yml"))",
                "--state.path=\(workspace.path("state.db"))", "--log.level=error",
            ], in: workspace, names: [workspace.path("state.db"), "another exporter"])
    }

    /// As node_exporter wants it: no time on a sample, and nothing that several files would fight over.
    private func expectFitForACollector(_ text: String) throws {
        let result = try Command.run("promtool", ["check", "metrics"], input: Data(text.utf8))
        #expect(result.status == 0, "\(result.text) \(result.errors)")
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(line.firstMatch(of: #/^darktrace_[a-z_]+(\{.*\})? [^ ]+$/#) != nil, "\(line)")
        }
        for name in ["process_", "darktrace_exporter_http_requests", "darktrace_exporter_config_last_reload"] {
            #expect(!text.contains("\n\(name)"))
        }
        #expect(text.contains("\ndarktrace_exporter_build_info{"))
        #expect(text.contains("\ndarktrace_api_clock_skew_seconds{appliance=\"hq\"}"))
    }

    @Test(.timeLimit(.minutes(1))) func `a failed poll ends with 1, and what is known is printed all the same`() throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 1_000)
        try simulator.call("/-/pause")
        let configuration = TestConfiguration(simulator)
        let first = try once(in: workspace, configuration)
        #expect(first.ended.status == 0)
        try simulator.set("server-error=502", of: "hq")
        try simulator.call("/-/burst?appliance=branch&model=Anomalous::Now&count=3")
        let second = try once(in: workspace, configuration)
        #expect(second.ended.status == 1)
        #expect(second.ended.log.contains("polls failed: "))
        #expect(second.ended.log.contains("reason=server"))
        #expect(second.scrape.value("darktrace_up", ["appliance": "hq"]) == 0)
        #expect(second.scrape.value("darktrace_up", ["appliance": "branch"]) == 1)
        #expect(
            second.scrape.sum(Self.total, ["appliance": "hq"]) == first.scrape.sum(Self.total, ["appliance": "hq"]))
        expectTruth(try truth(second.scrape, of: "branch", by: simulator), second.scrape, of: "branch")
        let secrets = Simulator.tokens.values.map(\.1)
        #expect(secrets.allSatisfy { !second.ended.output.contains($0) && !second.ended.log.contains($0) })
    }

    /// How the output is lost, and what the one line must say.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("> /dev/full", "No space left"), ("| true", "Broken pipe"), (">&-", "Bad file descriptor"),
        ]) func `zeros that could not be printed are printed by the next run`(sink: String, reason: String) throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 200)
        try simulator.call("/-/pause")
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["new_series_hold"] = "2m"
        #expect(try once(in: workspace, configuration).ended.status == 0)
        try simulator.call("/-/burst?appliance=hq&model=Anomalous::Lost&count=2")
        let command = [
            Project.programs.appending(path: "darktrace-exporter").path, "once", "--log.level=error",
            "--config.file=\(workspace.path("darktrace-exporter.yml"))", "--state.path=\(workspace.path("state.db"))",
        ].joined(separator: " ")
        let lost = try RunningProgram("/bin/bash", ["-c", "\(command) \(sink); exit ${PIPESTATUS[0]}"])
        #expect(try lost.exitStatus() == 1)
        #expect(lost.log.split(separator: "\n").count == 1, "\(lost.log)")
        #expect(lost.log.contains("standard output: \(reason)"), "\(lost.log)")
        let model = ["model": "Anomalous::Lost"]
        #expect(try once(in: workspace, configuration).scrape.value(Self.total, model) == 0)
        #expect(try once(in: workspace, configuration).scrape.value(Self.total, model) == 2)
    }

    @Test(.timeLimit(.minutes(1))) func `a file on a full disk keeps nothing of a partial output`() throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 200)
        let file = try workspace.write("darktrace-exporter.yml", TestConfiguration(simulator).text)
        let program = Project.programs.appending(path: "darktrace-exporter").path
        let arguments = "--log.level=error --state.path=:memory: --config.file=\(file)"
        let sink = workspace.path("metrics")
        let script = "trap '' XFSZ; ulimit -f 8; exec \(program) once \(arguments) > \(sink)"
        let run = try RunningProgram("/bin/bash", ["-c", script])
        #expect(try run.exitStatus() == 1)
        #expect(run.log.contains("standard output: File too large"), "\(run.log)")
        #expect(try Data(contentsOf: URL(filePath: sink)).isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func `the script of the documentation leaves whole files, also of failed polls`()
        throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        try simulator.call("/-/pause")
        try workspace.write("darktrace-exporter.yml", TestConfiguration(simulator).text)
        let script = try Self.documentedScript()
            .replacing("/var/lib/prometheus/node-exporter", with: workspace.url.path)
            .replacing("/etc/darktrace-exporter/darktrace-exporter.yml", with: "darktrace-exporter.yml")
            .replacing("/var/lib/darktrace-exporter/state.db", with: "state.db")
        try #require(!script.contains("/var/") && !script.contains("/etc/"))
        let run = {
            let program = try RunningProgram(
                "/bin/sh", [try workspace.write("script", script)],
                environment: ["PATH": "\(Project.programs.path):/usr/bin:/bin"])
            let status = try program.exitStatus()
            let text = try String(contentsOfFile: workspace.path("darktrace.prom"), encoding: .utf8)
            #expect(!FileManager.default.fileExists(atPath: workspace.path("darktrace.prom.new")))
            return (status, try Scrape(text))
        }
        let (status, scrape) = try run()
        #expect(status == 0)
        expectTruth(try truth(scrape, of: "hq", by: simulator), scrape, of: "hq")
        try simulator.set("reset", of: "hq")
        let (failed, after) = try run()
        #expect(failed == 1)
        #expect(after.value("darktrace_up", ["appliance": "hq"]) == 0)
        #expect(after.sum(Self.total, ["appliance": "hq"]) == scrape.sum(Self.total, ["appliance": "hq"]))
    }

    /// The shell script in docs/operating.md, which stands there indented.
    private static func documentedScript() throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/operating.md")
        let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("    #!/bin/sh") })
        return lines[start...].prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n") + "\n"
    }

    @Test(.timeLimit(.minutes(1))) func `a signal ends it at once, and nothing is printed`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, ["--fault=silent"], rate: 50)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["poll_timeout"] = "60s"
        let program = try ProcessResult.start("once", in: workspace, configuration.text)
        try await eventually("a request that stalls") {
            try simulator.requests(of: "hq") == 1
        }
        // Long before the answer would be given up.
        #expect(try program.stop() < promptly)
        #expect(try program.exitStatus() == 1)
        #expect(program.log.contains("interrupted by a signal"))
        #expect(program.text.isEmpty)
    }
}
