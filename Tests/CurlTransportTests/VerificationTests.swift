import Crypto
import Darktrace
import Foundation
import Locking
import Testing

@testable import CurlTransport

/// Verification between the handshake and the request, with CA certificates that connections share.
@Suite(.timeLimit(.minutes(3))) struct VerificationTests {
    private let loop: CurlLoop

    init() throws { loop = try CurlLoop() }

    @Test func `the request is not sent to a server that no authority vouches for, also not the next one`() async throws
    {
        let requests = Counter()
        let appliance = try Appliance { request in
            _ = requests.next()
            return Appliance.list(request)
        }
        let other = try Appliance()
        let transport = CurlTransport(
            loop: loop, endpoint: appliance.endpoint { $0.tls.caFile = other.authorityFile })
        for _ in 0..<3 {
            let failure = await transport.get().failure
            #expect(failure?.kind == .tls)
            #expect(failure?.detail.contains("cannot be verified") == true, "\(String(describing: failure))")
        }
        #expect(requests.count == 0)
    }

    @Test func `a resumed session has its certificates, and a change of ca_file ends it`() async throws {
        let certificate = try TestCertificate()
        // With TLS 1.3 libcurl 7.88 resumes no session of GnuTLS: it asks for the ticket before the server sends it.
        let server = try OpenSSLServer(certificate, ["-tls1_2"])
        defer { server.stop() }
        let file = try Appliance.file(certificate.authorityPEM)
        defer { unlink(file) }
        let transport = CurlTransport(
            loop: loop,
            endpoint: Endpoint(isSecure: true, host: "127.0.0.1", port: server.port, tls: .init(caFile: file)))
        var pages: [String] = []
        for _ in 0..<3 {
            let page = Recorder()
            let result = await transport.get("/", to: page)
            #expect(result.failure == nil)
            pages.append(page.text)
        }
        #expect(pages[0].contains("New, TLSv1"))
        #expect(pages[1...].contains { $0.contains("Reused, TLSv1") }, "\(pages)")
        // The authority is taken away: nothing that was accepted before counts.
        try (try Appliance()).certificate.authorityPEM.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(await transport.get("/").failure?.kind == .tls)
    }

    @Test func `the server gets the name that is verified`() async throws {
        let (first, second) = (try TestCertificate(names: ["first.example"]), try TestCertificate())
        let files = (try Appliance.file(second.chainPEM), try Appliance.file(second.keyPEM))
        defer {
            unlink(files.0)
            unlink(files.1)
        }
        let server = try OpenSSLServer(
            first,
            ["-servername", "second.example", "-servername_fatal", "-cert2", files.0, "-key2", files.1])
        defer { server.stop() }
        let right = await CurlTransport(loop: loop, endpoint: endpoint(server, name: "second.example")).get("/")
        // The handshake is complete; the certificate is for the other name.
        #expect(right.failure?.detail.contains("cannot be verified") == true, "\(right)")
        let wrong = await CurlTransport(loop: loop, endpoint: endpoint(server, name: "third.example")).get("/")
        #expect(wrong.failure?.detail.contains("cannot be verified") == false, "\(wrong)")
    }

    private func endpoint(_ server: OpenSSLServer, name: String) -> Endpoint {
        Endpoint(isSecure: true, host: "127.0.0.1", port: server.port, tls: .init(serverName: name))
    }

    @Test func `endpoints with the same file share its certificates until it changes`() throws {
        let file = try Appliance.file(try TestCertificate().authorityPEM)
        defer { unlink(file) }
        let stores = TrustStores()
        let endpoint = Endpoint(isSecure: true, host: "a.example", port: 443, tls: .init(caFile: file))
        let other = Endpoint(isSecure: true, host: "b.example", port: 443, tls: .init(caFile: file))
        let first = try stores.store(for: endpoint)
        #expect(try stores.store(for: other) === first)
        try (try TestCertificate()).authorityPEM.write(toFile: file, atomically: false, encoding: .utf8)
        let second = try stores.store(for: endpoint)
        #expect(second !== first)
        #expect(try stores.store(for: other) === second)
        try "no certificate".write(toFile: file, atomically: false, encoding: .utf8)
        #expect(throws: TransportError.self) { try stores.store(for: endpoint) }
    }

    @Test func `a connection that dies is replaced by one to a verified server only`() async throws {
        let requests = Counter()
        let appliance = try Appliance()
        let impostor = try Appliance { request in
            _ = requests.next()
            return Appliance.list(request)
        }
        let sockets = Locked<[RawConnection]>([])
        let relay = try RawServer { connection in
            let isFirst = sockets.withLock { sockets in
                sockets.append(connection)
                return sockets.count == 1
            }
            connection.tunnel(to: isFirst ? appliance.port : impostor.port)
        }
        defer { relay.stop() }
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint { $0.port = relay.port })
        #expect(await transport.get(timeout: 6).failure == nil)
        try #require(sockets.withLock { $0.first }).end(resetting: true)
        let second = await transport.get(timeout: 6)
        #expect(second.failure?.kind == .tls, "\(second)")
        #expect(second.phases.wait == 0)
        #expect(requests.count == 0)
    }

    @Test func `a transport that verifies nothing opens no connection for one that does`() async throws {
        let appliance = try Appliance()
        let other = try Appliance()
        let careless = CurlTransport(loop: loop, endpoint: appliance.endpoint { $0.tls.insecureSkipVerify = true })
        let careful = CurlTransport(
            loop: loop, endpoint: appliance.endpoint { $0.tls.caFile = other.authorityFile })
        for _ in 0..<2 {
            #expect(await careless.get().failure == nil)
            #expect(await careful.get().failure?.kind == .tls)
        }
    }

    @Test(arguments: [768, 2_048]) func `a weak key is refused even if its authority is trusted`(bits: Int) async throws
    {
        let folder = NSTemporaryDirectory() + "/weak-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let make = Process()
        make.executableURL = URL(filePath: "/bin/sh")
        make.currentDirectoryURL = URL(filePath: folder)
        make.arguments = [
            "-ec",
            """
            openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=Authority -keyout ca-key.pem -out ca.pem
            openssl req -x509 -CA ca.pem -CAkey ca-key.pem -newkey rsa:\(bits) -nodes -days 1 -subj /CN=127.0.0.1 \
                -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
                -keyout key.pem -out certificate.pem
            """,
        ]
        make.standardError = FileHandle.nullDevice
        try make.run()
        make.waitUntilExit()
        #expect(make.terminationStatus == 0)
        let server = try OpenSSLServer(
            certificate: folder + "/certificate.pem", key: folder + "/key.pem",
            ["-tls1_2", "-cipher", "DEFAULT@SECLEVEL=0"])
        defer { server.stop() }
        let result = await CurlTransport(
            loop: loop,
            endpoint: Endpoint(
                isSecure: true, host: "127.0.0.1", port: server.port,
                tls: .init(caFile: folder + "/ca.pem"))
        ).get("/")
        #expect((result.failure == nil) == (bits > 1_024), "\(result)")
        if bits < 1_024 { #expect(result.failure?.kind == .tls) }
    }
}
