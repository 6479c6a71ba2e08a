import Foundation
import TestSupport
import Testing

/// `backfill` with the real program, promtool and Prometheus.
@Suite(.ownThread, .serialized) struct BackfillTests {
    private static let hour: Int64 = 3_600_000

    private static var now: Int64 { Int64(Date().timeIntervalSince1970) * 1_000 }

    /// Starts it, with its output in a file of the workspace that grows as it does for a user.
    private func start(
        in workspace: TemporaryDirectory, _ configuration: String, _ arguments: [String],
        output: String = "> history.om"
    ) throws -> RunningProgram {
        let file = try workspace.write("backfill.yml", configuration)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        let program = Project.programs.appending(path: "darktrace-exporter").path
        return try RunningProgram(
            "/bin/bash",
            ["-c", "exec \"$0\" \"$@\" \(output)", program, "backfill", "--config.file=\(file)"] + arguments,
            directory: workspace.url)
    }

    private func history(
        in workspace: TemporaryDirectory, _ configuration: String, from start: Int64, before end: Int64,
        arguments: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> WrittenHistory {
        let times = ["--start=\(start / 1_000)", "--end=\(end / 1_000)"]
        let run = try self.start(in: workspace, configuration, times + arguments)
        #expect(try run.exitStatus(seconds: 90) == 0, "\(run.log)", sourceLocation: sourceLocation)
        return try WrittenHistory(workspace.path("history.om"))
    }

    /// As docs/operating.md says.
    private func makeBlocks(in workspace: TemporaryDirectory, folder: String) throws {
        let result = try Command.run(
            "promtool",
            [
                "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=240h", workspace.path("history.om"),
                workspace.path(folder),
            ])
        #expect(result.status == 0, "\(result.text) \(result.errors)")
    }

    @Test(.timeLimit(.minutes(10)))
    func `in a real Prometheus the history has the oracle's counts, written while an exporter runs`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 1_000, history: "4d")
        let configuration = TestConfiguration(simulator).text
        let exporter = try Exporter(workspace, configuration)
        try await exporter.awaitScrape("the first lookback") { $0.sum("darktrace_model_breaches_total") > 0 }
        let end = Self.now - 4 * Self.hour
        let start = end - 60 * Self.hour
        let labels = ["--label=job=darktrace", "--label=instance=10.0.0.7:13947"]
        // The state file is the exporter's, and is not so much as looked at.
        let written = try history(
            in: workspace, configuration, from: start, before: end,
            arguments: labels + ["--state.path=\(workspace.path("state.db"))"])
        #expect(written.isWhole)
        #expect(exporter.program.isRunning)
        try expectParsed(workspace.path("history.om"))

        try makeBlocks(in: workspace, folder: "prometheus")
        let prometheus = try Prometheus(
            workspace, scrapeConfigs: "  []", arguments: ["--storage.tsdb.retention.time=1y"])
        let range = "[\((end - start) / 1_000)s] @ \(end / 1_000)"
        for name in ["hq", "branch"] {
            let truth = try simulator.oracle(name, from: start, before: end)
            try #require(truth.total > 1_000)
            var models: [String: [String: Int]] = [:]
            let counter = "darktrace_model_breaches_total{appliance=\"\(name)\",job=\"darktrace\"}"
            for row in try prometheus.query("increase(\(counter)\(range))") {
                #expect(abs(row.value - row.value.rounded()) < 1e-6)
                #expect(row.labels["instance"] == "10.0.0.7:13947")
                models[row.labels["model"] ?? "", default: [:]][row.labels["category"] ?? ""] = Int(row.value.rounded())
            }
            #expect(models == truth.models)
            let buckets = "darktrace_model_breach_score_bucket{appliance=\"\(name)\"}"
            var scores: [String: [String: Int]] = [:]
            for row in try prometheus.query("increase(\(buckets)\(range))") {
                scores[row.labels["category"] ?? "", default: [:]][row.labels["le"] ?? ""] = Int(row.value.rounded())
            }
            // A category without a breach has no series here.
            #expect(scores == truth.scores.filter { $0.value["+Inf"] != 0 })
            let delays = "darktrace_model_breach_creation_delay_seconds_count{appliance=\"\(name)\"}"
            #expect(try prometheus.query("round(increase(\(delays)\(range)))").first?.value == Double(truth.total))
        }
        // Some hours of it as well: of a range in the middle Prometheus guesses at the edges.
        let (from, to) = (end - 30 * Self.hour, end - 6 * Self.hour)
        let truth = try simulator.oracle("hq", from: from, before: to).total
        let seen = try #require(
            prometheus.query("sum(increase(darktrace_model_breaches_total{appliance=\"hq\"}[24h] @ \(to / 1_000)))")
                .first
        ).value
        #expect(abs(seen - Double(truth)) < Double(truth) / 10)
    }

    /// prometheus_client, the strictest reader of a text that is to be had.
    ///
    /// It gets histograms time by time: of a second time in one text it forgets all buckets but the first (0.26.0),
    /// whatever wrote them.
    private func expectParsed(_ file: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let script = #"""
            import sys
            from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
            text = open(sys.argv[1], encoding="utf-8").read()
            assert text.endswith("\n# EOF\n")
            for family in text[: -len("# EOF\n")].split("# TYPE ")[1:]:
                lines = ["# TYPE " + line if not number else line for number, line in enumerate(family.splitlines())]
                head = [line for line in lines if line.startswith("#")]
                parts = {}
                for line in lines[len(head):]:
                    time = line.rsplit(" ", 1)[1] if " histogram" in head[0] else ""
                    parts.setdefault(time, []).append(line)
                for part in parts.values():
                    (parsed,) = parse("\n".join(head + part + ["# EOF", ""]))
                    assert len(parsed.samples) == len(part) and all(s.timestamp for s in parsed.samples)
                print(parsed.name)
            """#
        let result = try Command.run(
            root.appending(path: ".build/venv/bin/python").path, ["-c", script, file])
        #expect(result.status == 0, "\(result.errors)")
        let names = result.text.split(separator: "\n")
        #expect(
            names == [
                "darktrace_model_breaches", "darktrace_model_breaches_by_category", "darktrace_model_breach_score",
                "darktrace_model_breach_creation_delay_seconds",
            ])
    }

    @Test(.timeLimit(.minutes(10))) func `the live counters go on from it: over the joint everything counts once`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 1_000, history: "5d")
        let configuration = TestConfiguration(simulator, names: ["hq"])
        let exporter = try Exporter(workspace, configuration.text)
        let first = try await exporter.awaitScrape("the first lookback") {
            $0.sum("darktrace_model_breaches_total") > 0
        }
        let ledger = try #require(first.value("darktrace_ledger_start_timestamp_seconds"))
        let start = Int64(ledger * 1_000) / 1_000 * 1_000 - 48 * Self.hour
        // A disabled appliance needs no start of its ledger.
        var withDisabled = TestConfiguration(simulator)
        withDisabled.appliances[1].lines = ["enabled: false"]
        let run = try self.start(
            in: workspace, withDisabled.text,
            [
                "--start=\(start / 1_000)", "--ledger-start=\(ledger)", "--label=job=darktrace",
                "--label=instance=\(exporter.address)",
            ])
        #expect(try run.exitStatus(seconds: 60) == 0, "\(run.log)")
        try makeBlocks(in: workspace, folder: "prometheus")
        let prometheus = try Prometheus(
            workspace,
            scrapeConfigs: "  - {job_name: darktrace, static_configs: [{targets: ['\(exporter.address)']}]}",
            arguments: ["--storage.tsdb.retention.time=1y"])
        try simulator.call("/-/burst?appliance=hq&model=Compromise::Watched%20Domain&count=8")
        try simulator.call("/-/pause")
        let all = try await exporter.awaitTruth(of: "hq", by: simulator)
        try await eventually("the live counters in Prometheus", seen: { prometheus.program.log }) {
            try prometheus.query("sum(darktrace_model_breaches_total)").first?.value
                == all.sum("darktrace_model_breaches_total")
        }
        var models: [String: [String: Int]] = [:]
        for row in try prometheus.query("round(increase(darktrace_model_breaches_total[4d]))") {
            models[row.labels["model"] ?? "", default: [:]][row.labels["category"] ?? ""] = Int(row.value)
        }
        // What breached for the first time of all in the hours between has no sample before the live one.
        let end = try #require(
            WrittenHistory(workspace.path("history.om")).series.values.compactMap(\.last?.time).max())
        let known = try simulator.oracle("hq", from: start, before: Int64(end * 1_000)).models
        let truth = try simulator.oracle("hq", from: start).models
        try #require(known.count > 20)
        for (model, categories) in known {
            for category in categories.keys {
                #expect(models[model]?[category] == truth[model]?[category], "\(model) \(category)")
            }
        }
    }

    /// What is wrong with the appliance.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            "server-error=502&times=3", "cut=3000&times=2", "slow=200000", "short-form-lacks=score,name,creationTime",
            "ignores-creationtime", "repeated-records", "late-records=0.3", "unreadable-every=7", "descending",
            "exclusive-end", "clock-skew=600", "ids=negative",
        ]) func `whatever can be got over leaves a whole history`(fault: String) throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 200, history: "4d")
        try simulator.call("/-/pause")
        try simulator.call("/-/faults?appliance=hq&set=\(fault)")
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global.merge(["poll_timeout": "2s", "recheck_window": "1d"]) { $1 }
        let end = Self.now - 4 * Self.hour
        let start = end - 60 * Self.hour
        let written = try history(in: workspace, configuration.text, from: start, before: end)
        #expect(written.isWhole)
        #expect(try written.models(of: "hq") == simulator.oracle("hq", from: start, before: end).models)
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["server-error=502", "logged-out", "permission=403", "revoked-token"])
    func `one appliance that does not answer leaves nothing, since a part would look like the whole`(fault: String)
        throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 200)
        try simulator.set(fault, of: "branch")
        let run = try start(
            in: workspace, TestConfiguration(simulator).text,
            ["--start=\(Self.now / 1_000 - 40_000)", "--log.level=debug"])
        #expect(try run.exitStatus(seconds: 50) == 1)
        let line = try #require(run.log.split(separator: "\n").last)
        #expect(line.hasPrefix("darktrace-exporter: appliance branch: "), "\(line)")
        #expect(line.hasSuffix("nothing was written, since a part would look like the whole"), "\(line)")
        #expect(try Data(contentsOf: URL(filePath: workspace.path("history.om"))).isEmpty)
        for (_, secret) in Simulator.tokens.values { #expect(!run.log.contains(secret)) }
    }

    @Test(.timeLimit(.minutes(10)), arguments: [SIGINT, SIGTERM])
    func `a signal ends it at once, and nothing is written`(signal: Int32) async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, ["--fault=silent"], rate: 50)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["poll_timeout"] = "60s"
        let run = try start(in: workspace, configuration.text, ["--start=\(Self.now / 1_000 - 40_000)"])
        try await eventually("a request that stalls") {
            try simulator.requests(of: "hq") == 1
        }
        #expect(try run.stop(signal) < 5)
        #expect(try run.exitStatus() == 1)
        #expect(run.log.contains("interrupted by a signal"))
        #expect(try Data(contentsOf: URL(filePath: workspace.path("history.om"))).isEmpty)
    }

    @Test(.timeLimit(.minutes(10))) func `a part that was written is refused by promtool`() throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let arguments = ["--start=\(Self.now / 1_000 - 60_000)", "--log.level=error"]
        let configuration = TestConfiguration(simulator, names: ["hq"]).text
        let full = try start(in: workspace, configuration, arguments, output: "> /dev/full")
        #expect(try full.exitStatus() == 1)
        #expect(
            full.log
                == "darktrace-exporter: cannot write to standard output: No space left on device; check the file or pipe\n"
        )

        let cut = try start(in: workspace, configuration, arguments, output: "| head -c 300000 > history.om")
        #expect(try cut.exitStatus() == 0, "that of head")
        #expect(try Data(contentsOf: URL(filePath: workspace.path("history.om"))).count == 300_000)
        let result = try Command.run(
            "promtool",
            ["tsdb", "create-blocks-from", "openmetrics", workspace.path("history.om"), workspace.path("blocks")])
        #expect(result.status == 1, "\(result.errors)")
    }
}
