import Foundation
import Glibc
import HTTPServer
import Testing
import Values

/// Sockets that somebody else made and listens on.
@Suite struct AdoptionTests {
    private func serve(_ descriptor: Int32) throws -> Server {
        var configuration = ServerConfiguration(addresses: [])
        configuration.descriptors = [dup(descriptor)]
        return try Server(configuration) { _ in .plain("ok") }
    }

    private func listener(backlog: Int32? = 16, kind: Int32 = Int32(SOCK_STREAM.rawValue)) -> Int32 {
        let descriptor = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if let backlog { listen(descriptor, backlog) }
        return descriptor
    }

    @Test func `it serves on a socket that listens already, and leaves it listening for the next`() throws {
        let shared = listener()
        defer { close(shared) }
        var port: UInt16?
        for round in 0..<3 {
            let server = try serve(shared)
            let address = try #require(server.boundAddresses.first)
            #expect(address.host == "127.0.0.1")
            #expect(port == nil || address.port == port, "round \(round)")
            port = address.port
            #expect(try RawClient(address).get("/").text == "ok")
            server.stop(graceSeconds: 1)
            // No process serves now, and yet the connection waits instead of being refused.
            let early = try RawClient(address)
            early.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let next = try serve(shared)
            #expect(early.answer().text == "ok")
            next.stop(graceSeconds: 0)
        }
    }

    @Test func `the file of a unix socket stays`() throws {
        let path = "/tmp/adopted-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        let shared = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(shared) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(shared, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        listen(shared, 4)
        let server = try serve(shared)
        #expect(server.boundAddresses.map(\.description) == ["unix:\(path)"])
        #expect(try RawClient(server.boundAddresses[0]).get("/").text == "ok")
        server.stop(graceSeconds: 0)
        #expect(access(path, F_OK) == 0)
    }

    @Test func `what is no listening stream socket is refused`() throws {
        let file = open("/dev/null", O_RDONLY)
        let silent = listener(backlog: nil)
        let datagram = listener(backlog: nil, kind: Int32(SOCK_DGRAM.rawValue))
        defer { for descriptor in [file, silent, datagram] { close(descriptor) } }
        for (descriptor, word) in [(file, "stream"), (datagram, "stream"), (silent, "listen"), (999, "stream")] {
            let error = #expect(throws: ServerError.self) {
                var configuration = ServerConfiguration(addresses: [])
                configuration.descriptors = [descriptor]
                return try Server(configuration) { _ in .plain("ok") }
            }
            #expect(error?.description.contains("descriptor \(descriptor)") == true)
            #expect(error?.description.contains(word) == true)
        }
    }
}
