import Foundation
import TestSupport
import Testing

/// The process never hangs or crashes for want of threads, memory, descriptors, or a reader of its log.
@Suite struct ProcessLimitsTests {
    private static let configuration =
        "appliances: [{name: hq, url: 'http://127.0.0.1:1', public_token: a, private_token: b}]\n"

    /// Starts the exporter under limits of `ulimit`.
    private func start(_ workspace: TemporaryDirectory, ulimit: String) throws -> RunningProgram {
        let file = try workspace.write("darktrace-exporter.yml", Self.configuration)
        return try RunningProgram(
            "/bin/sh",
            [
                "-c", "ulimit -c 0; ulimit \(ulimit); exec \"$@\"", "sh",
                Project.programs.appending(path: "darktrace-exporter").path, "--config.file=\(file)",
                "--state.path=:memory:", "--web.listen-address=127.0.0.1:0",
            ])
    }

    @Test(.timeLimit(.minutes(1)), arguments: [12, 13, 14, 20, 21, 30])
    func `too few descriptors end the start with the reason`(
        limit: Int
    ) throws {
        let workspace = try TemporaryDirectory()
        let program = try start(workspace, ulimit: "-n \(limit)")
        #expect(try program.exitStatus(seconds: promptly) == 1)
        #expect(program.log.hasPrefix("darktrace-exporter: start: not enough open files: "), "\(program.log)")
        #expect(program.log.contains("ulimit -n"))
        #expect(program.log.split(separator: "\n").count == 1)
    }

    /// Below this range the dynamic loader fails; above it everything fits.
    @Test(.timeLimit(.minutes(2)), arguments: [60, 80, 100, 140, 200, 210, 230, 260, 300, 400])
    func `with little memory the exporter runs, or ends with the reason`(megabytes: Int) throws {
        let workspace = try TemporaryDirectory()
        let program = try start(workspace, ulimit: "-v \(megabytes << 10)")
        let outcome = try program.awaitLog(#/Listening on|not enough (threads|memory): .*; raise /#, seconds: promptly)
        guard outcome.output.1 == nil else {
            #expect(try program.exitStatus(seconds: promptly) == 1)
            return
        }
        #expect(try program.stop() < promptly)
        #expect(try program.exitStatus() == 0)
    }

    @Test(.timeLimit(.minutes(2))) func `a full pipe as standard error stops neither polls nor SIGTERM`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 10)
        let pipe = workspace.path("log")
        try #require(mkfifo(pipe, 0o600) == 0)
        let end = open(pipe, O_RDWR | O_NONBLOCK)
        defer { close(end) }
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 512)
        while write(end, block, block.count) > 0 {}
        let file = try workspace.write("darktrace-exporter.yml", TestConfiguration(simulator, names: ["hq"]).text)
        let socket = workspace.path("web.sock")
        let program = try RunningProgram(
            "/bin/sh",
            [
                "-c", "exec \"$@\" 2>'\(pipe)'", "sh", Project.programs.appending(path: "darktrace-exporter").path,
                "--config.file=\(file)", "--state.path=:memory:", "--web.listen-address=unix:\(socket)",
                "--log.level=debug",
            ])
        try await eventually("five polls", seconds: 60) {
            let response = try? HTTP.request("http://localhost/metrics", arguments: ["--unix-socket", socket])
            guard let response, response.status == 200 else { return false }
            return try Scrape(response.text).sum("darktrace_polls_total") >= 5
        }
        #expect(try program.stop() < promptly)
        #expect(try program.exitStatus() == 0)
    }
}
