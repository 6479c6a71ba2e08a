import Foundation
import TestSupport
import Testing

/// A state file that cannot be used ends the start with status 1 and one line, and stays as it is.
@Suite(.ownThread) struct StateFileTests {
    /// What is done to the file of a ledger, and what the one line must say.
    struct FileDamage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let names: [String]
        let change: @Sendable (inout Data) -> Void

        init(_ description: String, _ names: [String], _ change: @escaping @Sendable (inout Data) -> Void) {
            testDescription = description
            self.names = names
            self.change = change
        }
    }

    /// The offsets are those of SQLite's header: the user version at 60, the application id at 68.
    static let damages = [
        FileDamage("a newer version", ["newer version"]) { $0.replaceSubrange(60..<64, with: [0, 0, 0x7F, 0xFF]) },
        FileDamage("another application's", ["not a ledger"]) { $0.replaceSubrange(68..<72, with: [1, 2, 3, 4]) },
        FileDamage("half of it", ["damaged"]) { $0.removeLast($0.count / 2) },
        FileDamage("a cut page", ["damaged"]) { $0.removeLast(100) },
        FileDamage("a page of noise", ["damaged"]) { data in
            let end = data.count - data.count % 4_096
            data.replaceSubrange(end - 4_096..<end, with: Data(repeating: 0xA5, count: 4_096))
        },
        FileDamage("no header", ["not a ledger"]) {
            $0.replaceSubrange(0..<100, with: Data(repeating: 0x5A, count: 100))
        },
        FileDamage("nothing", ["empty"]) { $0.removeAll() },
    ]

    /// A ledger with some hundred breaches in it, made once.
    private static let ledger = Task {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 2_000)
        let exporter = try Exporter(workspace, TestConfiguration(simulator, names: ["hq"]).text)
        try await exporter.awaitScrape("the first lookback") { $0.sum("darktrace_model_breaches_total") > 0 }
        try exporter.program.stop()
        try #require(try exporter.program.exitStatus() == 0)
        return try Data(contentsOf: workspace.url.appending(path: "state.db"))
    }

    @Test(.timeLimit(.minutes(5)), arguments: damages) func `a damaged state file is named and kept`(
        damage: FileDamage
    ) async throws {
        let workspace = try TemporaryDirectory()
        var content = try await Self.ledger.value
        damage.change(&content)
        let file = workspace.url.appending(path: "state.db")
        try content.write(to: file)
        try expectRefusal(start(workspace), in: workspace, names: [file.path] + damage.names)
        #expect(try Data(contentsOf: file) == content, "the file is kept as it was")
        // What every such line advises.
        try FileManager.default.moveItem(at: file, to: workspace.url.appending(path: "away"))
        let restarted = try RunningProgram("darktrace-exporter", start(workspace, level: "info"))
        _ = try restarted.awaitLog(#/Listening on/#)
    }

    @Test(.timeLimit(.minutes(5))) func `a log without its file, a folder and a missing folder are named`() async throws
    {
        let workspace = try TemporaryDirectory()
        let orphan = try workspace.write("state.db-wal", "what was not in the file yet")
        try expectRefusal(start(workspace), in: workspace, names: [orphan])
        #expect(try String(contentsOfFile: orphan, encoding: .utf8) == "what was not in the file yet")
        #expect(!FileManager.default.fileExists(atPath: workspace.path("state.db")))
        try expectRefusal(start(workspace, state: "."), in: workspace, names: ["not a regular file"])
        try expectRefusal(start(workspace, state: "none/state.db"), in: workspace, names: ["none", "does not exist"])
    }

    @Test(.timeLimit(.minutes(5))) func `a second exporter on the same file refuses, and the first goes on`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let first = try Exporter(workspace, TestConfiguration(simulator, names: ["hq"]).text)
        try await first.awaitScrape("the first lookback") { $0.sum("darktrace_model_breaches_total") > 0 }
        try expectRefusal(
            start(workspace), in: workspace, names: [workspace.path("state.db"), "another exporter"])
        try simulator.call("/-/burst?appliance=hq&model=Compromise::Still%20Here&count=9")
        try simulator.call("/-/pause")
        try await first.awaitTruth(of: "hq", by: simulator)
        try first.program.stop(SIGKILL)
        let second = try Exporter(workspace, TestConfiguration(simulator, names: ["hq"]).text)
        try await second.awaitTruth(of: "hq", by: simulator)
    }

    /// The arguments of a start in the workspace, with a configuration of an appliance that is never polled.
    private func start(_ workspace: TemporaryDirectory, state: String = "state.db", level: String = "error") throws
        -> [String]
    {
        let text = """
            appliances:
              - {name: hq, url: "https://192.0.2.1", public_token: aaaa, private_token: bbbb}

            """
        let file = try workspace.write("darktrace-exporter.yml", text)
        return [
            "--config.file=\(file)", "--log.level=\(level)", "--web.listen-address=127.0.0.1:0",
            "--state.path=\(workspace.path(state))",
        ]
    }
}
