import Crypto
import CurlTransport
import Darktrace
import Foundation
import Testing

/// When a connection is used again, and when it must not be.
@Suite(.timeLimit(.minutes(3))) struct ConnectionTests {
    private let loop: CurlLoop

    init() throws { loop = try CurlLoop() }

    /// A successful exchange, and whether it opened a connection.
    private func opensConnection(_ transport: CurlTransport) async -> Bool {
        let result = await transport.get()
        #expect(result.failure == nil)
        return result.phases.tls > 0
    }

    private func write(_ text: String, _ file: String) throws {
        try text.write(toFile: file, atomically: false, encoding: .utf8)
    }

    @Test func `an authority is trusted from the next request on, and no longer once it is removed`() async throws {
        let (appliance, other) = (try Appliance(), try Appliance())
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint())
        for _ in 0..<2 {
            #expect(await opensConnection(transport))
            #expect(await !opensConnection(transport))
            try write(other.certificate.authorityPEM, appliance.authorityFile)
            #expect(await transport.get().failure?.kind == .tls)
            try write(appliance.certificate.authorityPEM, appliance.authorityFile)
        }
    }

    @Test func `a link that leads to another file counts as a change`() async throws {
        let (appliance, other) = (try Appliance(), try Appliance())
        // As Kubernetes updates a secret: the path is a link, and the link changes.
        let link = NSTemporaryDirectory() + "/curl-transport-\(UUID().uuidString).pem"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: appliance.authorityFile)
        defer { unlink(link) }
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint { $0.tls.caFile = link })
        #expect(await opensConnection(transport))
        unlink(link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: other.authorityFile)
        #expect(await transport.get().failure?.kind == .tls)
    }

    @Test func `a client certificate that is renewed is presented by a new connection`() async throws {
        let appliance = try Appliance()
        let client = try TestCertificate()
        let (cert, key) = (try Appliance.file(client.chainPEM), try Appliance.file(client.keyPEM))
        defer {
            unlink(cert)
            unlink(key)
        }
        let transport = CurlTransport(
            loop: loop,
            endpoint: appliance.endpoint {
                $0.tls.certFile = cert
                $0.tls.keyFile = key
            })
        #expect(await opensConnection(transport))
        let renewed = try TestCertificate()
        try write(renewed.chainPEM, cert)
        try write(renewed.keyPEM, key)
        #expect(await opensConnection(transport))
        #expect(await !opensConnection(transport))
    }

    @Test func `a file that is written again with the same content keeps the connection`() async throws {
        let appliance = try Appliance()
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint())
        #expect(await opensConnection(transport))
        try write(appliance.certificate.authorityPEM, appliance.authorityFile)
        #expect(await !opensConnection(transport))
    }

    @Test func `many appliances keep their connections`() async throws {
        let appliances = try (0..<12).map { _ in try Appliance() }
        let transports = appliances.map { CurlTransport(loop: loop, endpoint: $0.endpoint()) }
        for transport in transports { #expect(await opensConnection(transport)) }
        for transport in transports { #expect(await !opensConnection(transport)) }
    }

    @Test func `no connection of many requests at once survives a change of the files`() async throws {
        let (appliance, other) = (try Appliance(), try Appliance())
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint())
        let results = await withTaskGroup(of: TransportResult.self) { group in
            for _ in 0..<20 { group.addTask { await transport.get() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.allSatisfy { $0.failure == nil })
        try write(other.certificate.authorityPEM, appliance.authorityFile)
        for _ in 0..<3 { #expect(await transport.get().failure?.kind == .tls) }
    }
}
