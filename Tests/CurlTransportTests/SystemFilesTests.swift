import Crypto
import CurlTransport
import Darktrace
import Glibc
import Testing

/// What depends on files of the system, which only root can replace (for these tests alone).
@Suite(.serialized, .timeLimit(.minutes(3))) struct SystemFilesTests {
    private static let skipped: Comment = "replacing files of the system needs root and mount namespaces"

    @Test func `an authority from a file replaces the system's store`() async throws {
        let known = try Appliance()
        let other = try Appliance()
        let store = "/etc/ssl/certs/ca-certificates.crt"
        guard
            let loop = try await MountNamespace.run(
                replacing: [store: known.certificate.authorityPEM], { try CurlLoop() })
        else { try Test.cancel(Self.skipped) }
        let trusted = await CurlTransport(loop: loop, endpoint: known.endpoint { $0.tls.caFile = nil }).get()
        #expect(trusted.failure == nil, "the system's store is in force")
        let replaced = await CurlTransport(
            loop: loop, endpoint: known.endpoint { $0.tls.caFile = other.authorityFile }
        ).get()
        #expect(replaced.failure?.kind == .tls)
    }

    /// A loop whose name server takes questions and never answers one; nil when that cannot be had here.
    private func loopWithDeadResolver() async throws -> (CurlLoop, DeadResolver)? {
        guard let resolver = DeadResolver(),
            let loop = try await MountNamespace.run(
                replacing: ["/etc/resolv.conf": "nameserver \(DeadResolver.address)\noptions timeout:30\n"],
                { try CurlLoop() })
        else { return nil }
        return (loop, resolver)
    }

    @Test func `a resolver that never answers is reported, and delays no other`() async throws {
        guard let (loop, resolver) = try await loopWithDeadResolver() else { try Test.cancel(Self.skipped) }
        let appliance = try Appliance()
        let lost = CurlTransport(loop: loop, endpoint: Endpoint(isSecure: true, host: "lost.example.org", port: 443))
        let ended = Counter()
        let task = Task {
            defer { _ = ended.next() }
            return await lost.get(timeout: 4)
        }
        while !resolver.wasAsked { await Task.yield() }
        for _ in 0..<10 {
            #expect(await CurlTransport(loop: loop, endpoint: appliance.endpoint()).get().failure == nil)
        }
        #expect(ended.count == 0, "ten others were answered before it gave up")
        let exchange = await task.value
        #expect(exchange.failure?.kind == .resolve)
        // It ends by its own timeout, not by the resolver's, which is a minute.
        #expect((2..<30).contains(exchange.phases.resolve))
    }

    @Test func `an exchange ends at once while its name is resolved`() async throws {
        guard let (loop, resolver) = try await loopWithDeadResolver() else { try Test.cancel(Self.skipped) }
        let lost = CurlTransport(loop: loop, endpoint: Endpoint(isSecure: true, host: "gone.example.org", port: 443))
        let task = Task { await lost.get(timeout: 60) }
        while !resolver.wasAsked { await Task.yield() }
        let begin = ContinuousClock.now
        task.cancel()
        #expect(await task.value.failure?.kind == .cancelled)
        #expect(ContinuousClock.now - begin < atOnce)
    }

    @Test func `the loop ends at once while a name is resolved`() async throws {
        guard let (loop, resolver) = try await loopWithDeadResolver() else { try Test.cancel(Self.skipped) }
        let lost = CurlTransport(loop: loop, endpoint: Endpoint(isSecure: true, host: "left.example.org", port: 443))
        let task = Task { await lost.get(timeout: 60) }
        while !resolver.wasAsked { await Task.yield() }
        let begin = ContinuousClock.now
        loop.shutdown()
        #expect(await task.value.failure?.kind == .cancelled)
        #expect(ContinuousClock.now - begin < atOnce)
    }
}

/// A name server that is never heard of again.
private final class DeadResolver: Sendable {
    static let address = "127.77.53.1"
    private let socket: Int32

    init?() {
        socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(53).bigEndian
        inet_pton(AF_INET, Self.address, &address.sin_addr)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status != 0 { return nil }
    }

    deinit { close(socket) }

    /// A question has come.
    var wasAsked: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK)) > 0
    }
}
