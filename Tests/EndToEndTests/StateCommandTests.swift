import Foundation
import TestSupport
import Testing

/// The `state` commands while an exporter runs.
@Suite struct StateCommandTests {
    private static let program = Project.programs.appending(path: "darktrace-exporter").path

    private func state(_ workspace: TemporaryDirectory, _ words: String...) throws -> CommandResult {
        try Command.run(Self.program, ["state"] + words + flags(workspace))
    }

    private func flags(_ workspace: TemporaryDirectory) -> [String] {
        [
            "--state.path=\(workspace.path("state.db"))", "--config.file=\(workspace.path("darktrace-exporter.yml"))",
        ]
    }

    /// A command that is killed has done all or nothing, and the exporter counts on exactly.
    @Test(.timeLimit(.minutes(5)))
    func `commands that are killed while an exporter counts lose and double nothing`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 20_000)
        var configuration = TestConfiguration(simulator)
        let exporter = try Exporter(workspace, configuration.text, arguments: ["--web.enable-lifecycle"])
        func reload() throws {
            _ = try workspace.write("darktrace-exporter.yml", configuration.text)
            #expect(try HTTP.request("http://\(exporter.address)/-/reload", method: "POST").status == 200)
        }
        try await exporter.awaitScrape("both lookbacks") {
            $0.all("darktrace_ledger_start_timestamp_seconds").count == 2 && $0.sum("darktrace_up") == 2
        }
        for words in [["rename", "branch", "moved"], ["rename", "moved", "hq"], ["forget", "hq"]] {
            let refused = try Command.run(Self.program, ["state"] + words + flags(workspace))
            #expect(refused.status == 1)
            #expect(refused.errors.contains("is configured; set enabled: false"), "\(refused.errors)")
        }
        configuration.appliances[1].lines = ["enabled: false"]
        try reload()
        try await exporter.awaitScrape("branch disabled") {
            $0.value("darktrace_appliance_enabled", ["appliance": "branch"]) == 0
                && $0.all("darktrace_up", ["appliance": "branch"]).isEmpty
        }
        var name = "branch"
        var kills = 0
        for turn in 0..<24 {
            let copy = workspace.path("copy-\(turn).db")
            let other = name == "branch" ? "moved" : "branch"
            let words = [["rename", name, other], ["backup", copy], ["list"], ["check"]][turn % 4]
            let command = try RunningProgram(Self.program, ["state"] + words + flags(workspace))
            usleep(UInt32.random(in: 0...60_000))
            try command.stop(SIGKILL)
            if try command.exitStatus() != 0 { kills += 1 }
            let list = try state(workspace, "list")
            #expect(list.status == 0, "\(list.errors)")
            #expect(list.text.contains("in use by an exporter"))
            let holders = ["branch", "moved"].filter { holder in
                list.text.split(separator: "\n").contains { $0.hasPrefix("\(holder) ") }
            }
            #expect(holders.count == 1, "\(list.text)")
            name = holders.first ?? name
            if FileManager.default.fileExists(atPath: copy) {
                let check = try Command.run(Self.program, ["state", "check", "--state.path=\(copy)"])
                #expect(check.status == 0, "\(check.errors)")
            }
        }
        #expect(kills > 0)
        #expect(try state(workspace, "check").status == 0)
        if name == "branch" { #expect(try state(workspace, "rename", "branch", "moved").status == 0) }
        #expect(try state(workspace, "rename", "unknown", "other").errors.contains("no appliance of this name"))
        configuration.appliances[1].name = "moved"
        configuration.appliances[1].lines = []
        try simulator.call("/-/pause")
        try reload()
        for (appliance, label) in [("hq", "hq"), ("branch", "moved")] {
            let start = try await exporter.awaitScrape("\(label) up") {
                $0.value("darktrace_up", ["appliance": label]) == 1
            }.value("darktrace_ledger_start_timestamp_seconds", ["appliance": label])
            let oracle = try simulator.oracle(appliance, from: Int64((try #require(start) * 1_000).rounded()))
            try await exporter.awaitScrape("the truth of \(label)") {
                $0.sum("darktrace_model_breaches_total", ["appliance": label]) == Double(oracle.total)
            }
        }
        configuration.appliances.removeLast()
        try reload()
        try await exporter.awaitScrape("moved removed") { $0.all("darktrace_up").count == 1 }
        #expect(try state(workspace, "forget", "moved").status == 0)
        #expect(try !state(workspace, "list").text.contains("moved"))
        #expect(try state(workspace, "backup", workspace.path("state.db")).status == 1)
    }

    /// A forgotten appliance is there whole, or gone; other appliances are counted on.
    @Test(.timeLimit(.minutes(5))) func `forgetting under kills removes all or nothing while an exporter counts`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 20_000)
        var configuration = TestConfiguration(simulator)
        let others = (1...6).map { "former-\($0)" }
        let branch = configuration.appliances[1]
        for name in others {
            var former = branch
            former.name = name
            configuration.appliances.append(former)
        }
        let exporter = try Exporter(workspace, configuration.text, arguments: ["--web.enable-lifecycle"])
        try await exporter.awaitScrape("all lookbacks") {
            $0.all("darktrace_ledger_start_timestamp_seconds").count == 8 && $0.sum("darktrace_up") == 8
        }
        configuration.appliances.removeLast(others.count)
        _ = try workspace.write("darktrace-exporter.yml", configuration.text)
        #expect(try HTTP.request("http://\(exporter.address)/-/reload", method: "POST").status == 200)
        try await exporter.awaitScrape("two left") { $0.all("darktrace_up").count == 2 }
        /// What `state list` says of each appliance that is not polled; how wide its columns are depends on the others.
        func listed() throws -> [String: [[Substring]]] {
            let list = try state(workspace, "list")
            #expect(list.status == 0, "\(list.errors)")
            #expect(list.text.contains("in use by an exporter"))
            let rows = list.text.split(separator: "\n").filter { $0.hasPrefix("former-") }
            return Dictionary(grouping: rows.map { $0.split(separator: " ") }) { String($0[0]) }
        }
        let before = try listed()
        #expect(before.keys.sorted() == others)
        var kills = 0
        // Sooner and sooner, so that commands are killed before, during and after their transaction.
        for (turn, name) in others.enumerated() {
            for attempt in 0..<6 {
                let command = try RunningProgram(Self.program, ["state", "forget", name] + flags(workspace))
                usleep(UInt32.random(in: 0...UInt32(60_000 >> (attempt % 3))))
                try command.stop(SIGKILL)
                if try command.exitStatus() != 0 { kills += 1 }
                let now = try listed()
                #expect(now[name] == nil || now[name] == before[name], "\(turn): \(now)")
                for other in others[(turn + 1)...] { #expect(now[other] == before[other], "\(turn): \(now)") }
            }
            if try listed()[name] != nil { #expect(try state(workspace, "forget", name).status == 0) }
            #expect(try listed()[name] == nil)
            #expect(try state(workspace, "forget", name).errors.contains("no appliance of this name"))
        }
        #expect(kills > 0)
        #expect(try state(workspace, "check").status == 0)
        try simulator.call("/-/pause")
        for name in ["hq", "branch"] {
            let start = try exporter.scrape().value("darktrace_ledger_start_timestamp_seconds", ["appliance": name])
            let oracle = try simulator.oracle(name, from: Int64((try #require(start) * 1_000).rounded()))
            try await exporter.awaitScrape("the truth of \(name)") {
                $0.sum("darktrace_model_breaches_total", ["appliance": name]) == Double(oracle.total)
            }
        }
        #expect(exporter.program.log.matches(of: #/level=ERROR/#).isEmpty, "\(exporter.program.log)")
    }

    @Test(arguments: [
        ([], "needs one of list"), (["lst"], "did you mean list?"), (["rename", "a"], "needs rename <old> <new>"),
        (["rename", "a", "a"], "two different names"), (["rename", "a", " b"], "white space"), (["forget"], "<name>"),
        (["list", "x"], "needs list alone"), (["backup", ""], "needs the name of a file"),
    ]) func `a command that is incomplete says what it needs`(words: [String], problem: String) throws {
        let result = try Command.run(Self.program, ["state"] + words)
        #expect(result.status == 1)
        #expect(result.errors.contains("command 'state' "))
        #expect(result.errors.contains(problem), "\(result.errors)")
    }

    @Test func `a missing state file is named, and none is created`() throws {
        let workspace = try TemporaryDirectory()
        for action in ["list", "check"] {
            let result = try Command.run(Self.program, ["state", action, "--state.path=\(workspace.path("none.db"))"])
            #expect(result.status == 1)
            #expect(result.errors.contains("there is no such state file"), "\(result.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.url.path).isEmpty)
    }
}
