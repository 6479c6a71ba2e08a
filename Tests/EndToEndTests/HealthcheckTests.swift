import Foundation
import TestSupport
import Testing

/// `healthcheck` against the running exporter, with the flags that it runs with.
@Suite struct HealthcheckTests {
    private func check(_ address: String, _ arguments: [String] = []) throws -> CommandResult {
        try Command.run(
            Project.programs.appending(path: "darktrace-exporter").path,
            ["healthcheck", "--web.listen-address=\(address)"] + arguments)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "users", "tls", "users and tls", "client certificates"])
    func `an exporter that serves is healthy, whatever its web configuration`(web: String) throws {
        var text = ""
        if web.contains("users") { text += try SecuredExporter.users() }
        if web != "" && web != "users" { text += SecuredExporter.identity }
        if web == "client certificates" {
            text += "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: clients.pem\n"
        }
        let secured = try SecuredExporter(text.isEmpty ? "http_server_config: {}\n" : text)
        let file = secured.workspace.path("web.yml")
        for arguments in [[], ["--web.config.file=\(file)"]] {
            let result = try check(secured.exporter.address, arguments)
            #expect(result.status == 0, "\(arguments): \(result.errors)")
            #expect(result.output.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "/dt"])
    func `health can be left without a password, and nothing else`(prefix: String) throws {
        let guarded = try SecuredExporter(
            SecuredExporter.identity + SecuredExporter.users(),
            arguments: ["--web.health-without-auth", "--web.enable-lifecycle", "--web.route-prefix=\(prefix)/"])
        let paths = [
            "/metrics", "/", "/-/healthy", "/-/ready", "/-/reload", "/nothing", "/sd", "/metrics?appliance=hq",
            "/appliances/hq",
        ]
        for path in paths {
            let isOpen = path == "/-/healthy" || path == "/-/ready"
            let status = guarded.status(prefix + path)
            #expect(isOpen ? status == 200 || status == 503 : status == 401, "\(path): \(status)")
            #expect(guarded.status(prefix + path, with: ["-X", "POST"]) == (isOpen ? 405 : 401), "\(path)")
        }
        // A wrong password changes nothing.
        #expect(guarded.status("\(prefix)/-/healthy", user: "alice:wrong") == 200)
        #expect(guarded.status("\(prefix)/metrics", user: "alice:wrong") == 401)
        if !prefix.isEmpty { #expect(guarded.status("/-/healthy") == 401) }
        #expect(guarded.status("\(prefix)/metrics", user: "alice:geheim") == 200)
        let arguments = [
            "--web.route-prefix=\(prefix)/", "--web.config.file=\(guarded.workspace.path("web.yml"))",
            "--web.health-without-auth",
        ]
        let result = try check(guarded.exporter.address, arguments)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test(.timeLimit(.minutes(1))) func `a unix socket is checked like a port`() throws {
        let workspace = try TemporaryDirectory()
        let socket = workspace.path("web.sock")
        let exporter = try Exporter(
            workspace, "appliances: [{name: hq, url: 'http://127.0.0.1:1', public_token: a, private_token: b}]\n",
            arguments: ["--web.listen-address=unix:\(socket)"])
        #expect(try check("unix:\(socket)").status == 0)
        #expect(try exporter.program.stop() < promptly)
        #expect(try check("unix:\(socket)").status == 1)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "SSH-2.0-OpenSSH_9.2\\r\\n"])
    func `what only closes connections, or speaks another protocol, is no exporter`(greeting: String) throws {
        let script = """
            import socket, sys
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            while True:
                connection, _ = listener.accept()
                connection.sendall(b"\(greeting)")
                connection.close()
            """
        let listener = try ChildProcess("python3", ["-c", script], environment: ProcessInfo.processInfo.environment)
        defer {
            kill(listener.pid, SIGKILL)
            _ = listener.wait()
        }
        let port = String(decoding: listener.output.availableData, as: UTF8.self).trimmingCharacters(in: .newlines)
        let result = try check("127.0.0.1:\(port)")
        #expect(result.status == 1, "\(result.errors)")
        #expect(result.errors.hasPrefix("darktrace-exporter: healthcheck: 127.0.0.1:\(port): "), "\(result.errors)")
    }

    @Test(.timeLimit(.minutes(1))) func `without an exporter it fails with one line`() throws {
        let result = try check("127.0.0.1:1")
        #expect(result.status == 1)
        #expect(result.errors.hasPrefix("darktrace-exporter: healthcheck: 127.0.0.1:1: "), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
    }
}
