import Foundation
import TestSupport
import Testing

/// SIGTERM ends the program within a second, whatever it waits for.
@Suite(.timeLimit(.minutes(2))) struct StopTests {
    private let workspace: TemporaryDirectory
    private let simulator: Simulator

    init() throws {
        workspace = try TemporaryDirectory()
        simulator = try Simulator(workspace, rate: 2_000)
    }

    /// Stops programs in a state until one took less than a second; others may be delayed by a busy machine.
    private func expectPromptStop(
        _ prepare: (RunningProgram) async throws -> Void, start: () throws -> RunningProgram
    ) async throws {
        var times: [Double] = []
        for _ in 0..<5 where times.min() ?? 1 >= 1 {
            let program = try start()
            try await prepare(program)
            times.append(try program.stop())
            #expect(try program.exitStatus() == 0, "\(program.log.suffix(2_000))")
        }
        #expect(times.min() ?? 1 < 1, "\(times)")
    }

    private func exporter(_ configuration: TestConfiguration) throws -> Exporter {
        try Exporter(workspace, configuration.text, state: "\(UUID()).db")
    }

    /// The requests that each appliance has received.
    private func received() throws -> [Int] { try ["hq", "branch"].map { try simulator.requests(of: $0) } }

    @Test(arguments: [("silent", ""), ("delay", "&value=60000"), ("stall", ""), ("slow", "&value=1")])
    func `while an appliance hangs`(fault: String, more: String) async throws {
        try simulator.set(fault, more)
        var configuration = TestConfiguration(simulator)
        configuration.global["poll_timeout"] = "30s"
        configuration.global["poll_interval"] = "60s"
        var before: [Int] = []
        try await expectPromptStop { program in
            try await eventually("a request that hangs, of each appliance", seen: { program.log }) {
                try zip(received(), before).allSatisfy { $0 > $1 }
            }
        } start: {
            before = try received()
            return try exporter(configuration).program
        }
    }

    @Test func `during the first lookback`() async throws {
        let history = try Simulator(workspace, rate: 50_000, history: "20d")
        var configuration = TestConfiguration(history, names: ["hq"])
        configuration.global["initial_lookback"] = "20d"
        try await expectPromptStop { program in
            try await eventually("a commit", seen: { program.log }) {
                try Scrape(HTTP.get("http://\(address(of: program))/metrics").text)
                    .sum("darktrace_exporter_ledger_commit_duration_seconds_count") >= 1
            }
        } start: {
            try exporter(configuration).program
        }
    }

    @Test func `while clients read and send slowly`() async throws {
        let configuration = TestConfiguration(simulator)
        var clients: [RunningProgram] = []
        try await expectPromptStop { program in
            let address = try address(of: program)
            let port = String(address.split(separator: ":")[1])
            // More responses than the kernel buffers, none of them read; then an unfinished request.
            for request in ["yes $'GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r' | head -n 4000", "printf 'GET / '"] {
                let command = "exec 3<>/dev/tcp/127.0.0.1/$0; { \(request); } >&3; echo sent >&2; sleep 60"
                clients.append(try RunningProgram("/bin/bash", ["-c", command, port]))
            }
            _ = try clients.last?.awaitLog(#/sent/#)
            #expect(try HTTP.get("http://\(address)/-/healthy").status == 200)
        } start: {
            try exporter(configuration).program
        }
        for client in clients { try client.stop(SIGKILL) }
    }

    @Test func `while a password is checked`() async throws {
        // A check with cost 15 takes more than a second.
        let web = try workspace.write("web.yml", SecuredExporter.users(cost: 15))
        let configuration = TestConfiguration(simulator)
        try await expectPromptStop { program in
            let address = try address(of: program)
            _ = try RunningProgram(
                "/usr/bin/curl", ["-s", "-m", "1", "-u", "alice:wrong", "http://\(address)/metrics"]
            ).stop(0)
            #expect(try HTTP.request("http://\(address)/-/healthy").status == 401)
        } start: {
            try Exporter(
                workspace, configuration.text, arguments: ["--web.config.file=\(web)"], state: "\(UUID()).db"
            ).program
        }
    }

    @Test func `while standard error is not read`() async throws {
        let pipe = workspace.path("log")
        try #require(mkfifo(pipe, 0o600) == 0)
        let end = open(pipe, O_RDWR | O_NONBLOCK)
        defer { close(end) }
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 512)
        while write(end, block, block.count) > 0 {}
        let file = try workspace.write("darktrace-exporter.yml", TestConfiguration(simulator).text)
        let socket = workspace.path("web.sock")
        try await expectPromptStop { _ in
            try await eventually("a poll") {
                let response = try? HTTP.request("http://localhost/metrics", arguments: ["--unix-socket", socket])
                return try response.map { try Scrape($0.text).sum("darktrace_polls_total") >= 1 } ?? false
            }
        } start: {
            try RunningProgram(
                "/bin/sh",
                [
                    "-c", "exec \"$@\" 2>'\(pipe)'", "sh", Project.programs.appending(path: "darktrace-exporter").path,
                    "--config.file=\(file)", "--state.path=:memory:", "--web.listen-address=unix:\(socket)",
                    "--log.level=debug",
                ])
        }
    }

    @Test func `a disk that hangs in a commit delays the end by at most five seconds`() async throws {
        // fdatasync waits for ever once the file exists.
        let source = try workspace.write(
            "hang.c",
            """
            #include <stdlib.h>
            #include <unistd.h>
            static int wait_for_ever(void) {
                while (access(getenv("HANG_FILE"), F_OK) == 0) sleep(1);
                return 0;
            }
            int fdatasync(int descriptor) { (void)descriptor; return wait_for_ever(); }
            int fsync(int descriptor) { (void)descriptor; return wait_for_ever(); }

            """)
        let library = workspace.path("hang.so")
        let compiled = try Command.run("clang", ["-shared", "-fPIC", "-o", library, source])
        try #require(compiled.status == 0, "\(compiled.errors)")
        // Each poll finds something to commit.
        let busy = try Simulator(young: workspace, seed: 1, rate: 500_000)
        let configuration = TestConfiguration(busy, names: ["hq"])
        let exporter = try Exporter(
            workspace, configuration.text,
            environment: ["LD_PRELOAD": library, "HANG_FILE": workspace.path("hang")])
        try await exporter.awaitScrape("polls") { $0.sum("darktrace_polls_total") >= 2 }
        let commits = "darktrace_exporter_ledger_commit_duration_seconds_count"
        try workspace.write("hang", "")
        // Polls go on until each appliance waits for its commit.
        var last = -1.0
        try await eventually("polls that hang") {
            usleep(2_500_000)
            let now = try exporter.scrape().sum(commits)
            defer { last = now }
            return now == last
        }
        let seconds = try exporter.program.stop()
        #expect(seconds > 3 && seconds < promptly, "\(seconds)")
        #expect(try exporter.program.exitStatus() == 0)
        #expect(exporter.program.log.contains("not stopped in time"), "\(exporter.program.log.suffix(1_000))")
    }

    private func address(of program: RunningProgram) throws -> String {
        String(try program.awaitLog(#/msg="Listening on" address=(127\S+)/#).output.1)
    }
}
