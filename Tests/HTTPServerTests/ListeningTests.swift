import Foundation
import HTTPServer
import Testing
import Values

@Suite struct ListeningTests {
    private func server(_ addresses: String..., handler: @escaping Handler = { _ in .plain("ok") }) throws -> Server {
        try Server(
            ServerConfiguration(addresses: addresses.map { try ListenAddress(parsing: $0) }), handler: handler)
    }

    private func temporaryPath() -> String { "/tmp/server-\(UUID().uuidString.prefix(8)).sock" }

    @Test func `port 0 becomes a real port`() throws {
        let server = try server("127.0.0.1:0", "127.0.0.1:0")
        let ports = server.boundAddresses.compactMap(\.port)
        #expect(ports.count == 2)
        #expect(Set(ports).count == 2)
        #expect(!ports.contains(0))
        for address in server.boundAddresses {
            #expect(address.description == "127.0.0.1:\(address.port ?? 0)")
            #expect(try RawClient(address).get("/").text == "ok")
        }
    }

    @Test func `a port alone takes IPv4 and IPv6 and both are this machine's own`() throws {
        let server = try server(":0") { request in .plain("\(request.isLoopbackPeer)") }
        let address = try #require(server.boundAddresses.first)
        #expect(server.boundAddresses.count == 1)
        #expect(try RawClient(address).get("/").text == "true")
        #expect(try RawClient(address, version6: true).get("/").text == "true")
    }

    @Test func `an IPv6 address takes IPv6 alone, the IPv6 wildcard both`() throws {
        let server = try server("[::1]:0", "[::]:0")
        #expect(try RawClient(server.boundAddresses[0], version6: true).get("/").text == "ok")
        #expect(throws: RawClient.Failure.self) { try RawClient(server.boundAddresses[0]) }
        #expect(try RawClient(server.boundAddresses[1]).get("/").text == "ok")
    }

    @Test func `a host name is resolved and every address of it listened on`() throws {
        let server = try server("localhost:0")
        let ports = Set(server.boundAddresses.compactMap(\.port))
        #expect(ports.count == 1)
        #expect(try RawClient(server.boundAddresses[0]).get("/").text == "ok")
    }

    @Test func `a name without an address says so`() {
        let error = #expect(throws: ServerError.self) { try server("no-such-host.invalid:0") }
        guard case .unresolvable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `an address that is not this machine's says so`() {
        let error = #expect(throws: ServerError.self) { try server("192.0.2.1:0") }
        #expect(error?.description.contains("192.0.2.1:0") == true)
        #expect(error?.description.contains("no such address") == true)
    }

    @Test(arguments: ["127.0.0.1", ""])
    func `an address in use is named, with what to do, and the others are let go`(_ host: String) throws {
        let first = try server("\(host):0")
        let taken = try #require(first.boundAddresses.first)
        let path = temporaryPath()
        let error = #expect(throws: ServerError.self) { try server("unix:\(path)", "\(taken)") }
        #expect(error == .addressInUse(taken))
        #expect(
            error?.description
                == "cannot listen on \(taken): the address is already in use; stop what listens there or choose another"
        )
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try RawClient(taken).get("/").text == "ok")
    }

    @Test func `the port is free again after the stop`() throws {
        let first = try server("127.0.0.1:0")
        let address = try #require(first.boundAddresses.first)
        #expect(try RawClient(address).get("/").text == "ok")
        first.stop(graceSeconds: 0)
        #expect(throws: RawClient.Failure.self) { try RawClient(address) }
        let second = try server("\(address)")
        #expect(try RawClient(address).get("/").text == "ok")
        second.stop(graceSeconds: 0)
        second.stop(graceSeconds: 0)
    }

    @Test func `a unix socket is served, private to owner and group, and removed at the stop`() throws {
        let path = temporaryPath()
        let server = try server("unix:\(path)") { request in .plain("\(request.isLoopbackPeer)") }
        let address = try #require(server.boundAddresses.first)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o660)
        #expect(try RawClient(address).get("/").text == "true")
        server.stop(graceSeconds: 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a socket file left by a dead process is replaced, a living one is not`() throws {
        let path = temporaryPath()
        try leaveSocketFile(path)
        #expect(FileManager.default.fileExists(atPath: path))
        let first = try server("unix:\(path)")
        let error = #expect(throws: ServerError.self) { try server("unix:\(path)") }
        #expect(try error == .addressInUse(ListenAddress(parsing: "unix:\(path)")))
        #expect(try RawClient(first.boundAddresses[0]).get("/").text == "ok")
    }

    @Test func `a file that is no socket stays`() throws {
        let path = temporaryPath()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: ServerError.self) { try server("unix:\(path)") }
        #expect(try error == .fileInTheWay(ListenAddress(parsing: "unix:\(path)")))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func `a directory that is not there says so`() {
        let error = #expect(throws: ServerError.self) { try server("unix:/nonexistent/x.sock") }
        #expect(
            error?.description
                == "cannot listen on unix:/nonexistent/x.sock: the directory does not exist; create it or choose another path"
        )
    }

    /// Binds a unix socket and closes it, as a process does that was killed.
    private func leaveSocketFile(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(code == 0 && listen(descriptor, 1) == 0)
    }
}
