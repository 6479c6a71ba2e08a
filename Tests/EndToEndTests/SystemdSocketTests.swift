import Foundation
import TestSupport
import Testing

/// `--web.systemd-socket`: sockets that are handed over.
@Suite(.timeLimit(.minutes(1))) struct SystemdSocketTests {
    private let workspace: TemporaryDirectory
    private let arguments: [String]

    init() throws {
        workspace = try TemporaryDirectory()
        let file = try workspace.write(
            "darktrace-exporter.yml",
            "appliances: [{name: hq, url: 'http://127.0.0.1:1', public_token: a, private_token: b}]\n")
        arguments = [
            Project.programs.appending(path: "darktrace-exporter").path, "--config.file=\(file)",
            "--state.path=:memory:", "--web.systemd-socket",
        ]
    }

    /// Listens on a TCP port and a unix socket, and runs the program twice with them, as systemd does it: with the
    /// descriptors from 3 on, and its own process named in the environment.
    private static let launcher = """
        import os, signal, socket, sys
        unix = sys.argv[1]
        sockets = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
        sockets[1].bind(unix)
        sockets[1].listen()
        # Out of the way of 3 and 4.
        kept = [os.dup2(s.fileno(), 20 + i) for i, s in enumerate(sockets)]
        print("port", sockets[0].getsockname()[1], file=sys.stderr, flush=True)
        for _ in range(2):
            child = os.fork()
            if child == 0:
                for i, descriptor in enumerate(kept):
                    os.dup2(descriptor, 3 + i)
                os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(kept)))
                os.execv(sys.argv[2], sys.argv[2:])
            signal.signal(signal.SIGUSR1, lambda *_: os.kill(child, signal.SIGTERM))
            signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
            os.waitpid(child, 0)
            print("ended", file=sys.stderr, flush=True)
        """

    @Test(arguments: [true, false])
    func `it serves on sockets from systemd, also after a restart, without a refused connection`(
        hasFlag: Bool
    ) throws {
        // A service without the flag whose socket unit is enabled as well.
        let arguments =
            hasFlag ? arguments : arguments.filter { $0 != "--web.systemd-socket" } + ["--web.listen-address=0.0.0.0:1"]
        let unix = workspace.path("web.sock")
        let script = try workspace.write("launch.py", Self.launcher)
        let launcher = try RunningProgram("/usr/bin/python3", [script, unix] + arguments)
        let port = try launcher.awaitLog(#/port (\d+)/#).output.1
        // The connection is made before the program serves: it waits.
        for round in 1...2 {
            let healthy = try HTTP.get("http://127.0.0.1:\(port)/-/healthy")
            #expect(healthy.text == "Healthy\n", "round \(round)")
            let local = try HTTP.request("http://localhost/-/healthy", arguments: ["--unix-socket", unix])
            #expect(local.text == "Healthy\n", "round \(round)")
            _ = try launcher.awaitLog(Regex("(?s)(address=127.0.0.1:\(port).*address=unix:\(unix).*){\(round)}"))
            #expect(FileManager.default.fileExists(atPath: unix))
            if round == 1 {
                kill(launcher.pid, SIGUSR1)
                _ = try launcher.awaitLog(#/ended/#)
            }
        }
        try launcher.stop()
        #expect(launcher.log.matches(of: #/ended/#).count == 2)
        #expect(launcher.log.contains("Serving on sockets passed by systemd") != hasFlag)
    }

    @Test(arguments: [
        ([:], "are not set"), (["LISTEN_PID": "1", "LISTEN_FDS": "1"], "another process"),
        (["LISTEN_FDS": "1"], "are not set"),
    ])
    func `without a socket for this very process the start ends with a line that says so`(
        environment: [String: String], reason: String
    ) throws {
        let program = try RunningProgram(arguments[0], Array(arguments.dropFirst()), environment: environment)
        #expect(try program.exitStatus() == 1)
        #expect(program.log.split(separator: "\n").count == 1, "\(program.log)")
        #expect(program.log.contains("no sockets passed by systemd"), "\(program.log)")
        #expect(program.log.contains(reason), "\(program.log)")
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-socket-activate")))
    func `systemd's own tool starts it at the first connection`() async throws {
        let unix = workspace.path("activated.sock")
        let tool = try RunningProgram("/usr/bin/systemd-socket-activate", ["-l", unix] + arguments)
        try await eventually("the socket", seen: { tool.log }) { FileManager.default.fileExists(atPath: unix) }
        let answer = try HTTP.request("http://localhost/-/healthy", arguments: ["--unix-socket", unix])
        #expect(answer.text == "Healthy\n")
        _ = try tool.awaitLog(Regex("address=unix:\(unix)"))
    }
}
