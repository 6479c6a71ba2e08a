import Crypto
import CurlTransport
import Darktrace
import Foundation
import HTTPServer
import Testing
import Values

@Suite(.timeLimit(.minutes(3))) struct FailureTests {
    private let loop: CurlLoop

    init() throws { loop = try CurlLoop() }

    private func get(_ endpoint: Endpoint, timeout: Double = 30) async -> TransportResult {
        await CurlTransport(loop: loop, endpoint: endpoint).get(timeout: timeout)
    }

    @Test(arguments: [true, false]) func `where nothing listens nothing connects`(isSecure: Bool) async throws {
        let port = try UnusedPort()
        defer { withExtendedLifetime(port) {} }
        let exchange = await get(Endpoint(isSecure: isSecure, host: "127.0.0.1", port: port.number))
        #expect(exchange.failure?.kind == .connect)
        #expect(exchange.head == nil)
        #expect(exchange.phases.tls == 0 && exchange.phases.wait == 0 && exchange.phases.transfer == 0)
    }

    @Test func `a name that does not exist does not resolve`() async throws {
        // Too long for a label, so no name server is asked.
        let name = String(repeating: "x", count: 64) + ".invalid"
        let exchange = await get(Endpoint(isSecure: true, host: name, port: 443))
        #expect(exchange.failure?.kind == .resolve)
    }

    @Test(arguments: [true, false])
    func `a server that accepts and never responds causes a timeout`(isSecure: Bool) async throws {
        let server = try RawServer(silent: ())
        defer { server.stop() }
        let begin = ContinuousClock.now
        let exchange = await get(Endpoint(isSecure: isSecure, host: "127.0.0.1", port: server.port), timeout: 1)
        #expect(exchange.failure?.kind == .timeout)
        #expect(ContinuousClock.now - begin < .seconds(15))
        #expect((isSecure ? exchange.phases.tls : exchange.phases.wait) > 0.1, "\(exchange.phases)")
        #expect((0.9..<15).contains(exchange.phases.total))
    }

    @Test func `a body that stalls runs into the timeout`() async throws {
        let server = try RawServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[")
            connection.waitForEnd()
        }
        defer { server.stop() }
        let exchange = await get(Endpoint(isSecure: false, host: "127.0.0.1", port: server.port), timeout: 2)
        #expect(exchange.failure?.kind == .timeout)
        #expect(exchange.head?.status == 200)
        #expect(exchange.bodyBytes == 1)
        #expect(exchange.phases.transfer > 0.1)
    }

    @Test func `connecting has a deadline of its own`() async throws {
        let server = try RawServer(silent: ())
        defer { server.stop() }
        let endpoint = Endpoint(isSecure: true, host: "127.0.0.1", port: server.port, connectTimeout: 0.2)
        #expect(await get(endpoint, timeout: 30).failure?.kind == .timeout)
    }

    @Test func `a stalled appliance delays no other`() async throws {
        let silent = try RawServer(silent: ())
        defer { silent.stop() }
        let appliance = try Appliance()
        let stalled = CurlTransport(
            loop: loop, endpoint: Endpoint(isSecure: true, host: "127.0.0.1", port: silent.port))
        let ended = Counter()
        let slow = Task {
            defer { _ = ended.next() }
            return await stalled.get(timeout: 4)
        }
        for _ in 0..<20 { #expect(await get(appliance.endpoint()).failure == nil) }
        #expect(ended.count == 0, "twenty others were answered before it gave up")
        #expect(await slow.value.failure?.kind == .timeout)
    }
}

/// What the line of a failure advises.
@Suite(.timeLimit(.minutes(3))) struct AdviceTests {
    /// What stands at the port.
    enum Port: Sendable {
        case silent
        /// Sends this to any client, then ends the connection.
        case sends(String)
        /// Ends every connection with a reset.
        case resets
        /// Speaks TLS and requires a client certificate.
        case wantsCertificate(version: String)
        /// Speaks this version of TLS and no other, to a client whose `min_version` is that one.
        case speaks(version: String, TLSVersion)
    }

    @Test(arguments: [
        (true, Port.silent, "completes no TLS handshake", "poll_timeout"),
        (false, .silent, "poll_timeout", "https"),
        (true, .sends(""), "handshake", "ca_file"), (true, .resets, "handshake", "ca_file"),
        (true, .sends("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), "does not speak TLS", "ca_file"),
        (true, .sends("SSH-2.0-OpenSSH_9.2p1\r\n"), "does not speak TLS", "ca_file"),
        (false, .sends(""), "https://", "ca_file"), (false, .resets, "https://", "ca_file"),
        (false, .sends("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}"), "https://", "ca_file"),
        (true, .wantsCertificate(version: "-tls1_2"), "cert_file", "ca_file"),
        (true, .wantsCertificate(version: "-tls1_3"), "cert_file", "ca_file"),
        (true, .speaks(version: "-tls1_2", .tls13), "min_version", "ca_file"),
        (true, .speaks(version: "-tls1_1", .tls12), "min_version", "ca_file"),
        (true, .speaks(version: "-tls1", .tls12), "min_version", "ca_file"),
    ])
    func `a failure names its cause, and no other`(
        isSecure: Bool, port: Port, advice: String, wrong: String
    ) async throws {
        let server: RawServer
        var tls = Endpoint.TLS()
        var child: OpenSSLServer?
        defer { child?.stop() }
        var timeout = 30.0
        switch port {
        case .silent:
            server = try RawServer(silent: ())
            timeout = 2
        case .sends(let text):
            server = try RawServer { connection in
                connection.readSome()
                connection.write(text)
            }
        case .resets:
            server = try RawServer { connection in
                connection.readSome()
                connection.end(resetting: true)
            }
        case .wantsCertificate(let version):
            server = try RawServer(silent: ())
            let certificate = try TestCertificate()
            child = try OpenSSLServer(certificate, [version, "-Verify", "1", "-verify_return_error"])
            tls.caFile = try Appliance.file(certificate.authorityPEM)
        case .speaks(let version, let least):
            server = try RawServer(silent: ())
            let certificate = try TestCertificate()
            child = try OpenSSLServer(certificate, [version, "-cipher", "DEFAULT@SECLEVEL=0"])
            tls.caFile = try Appliance.file(certificate.authorityPEM)
            tls.minVersion = least
        }
        defer { server.stop() }
        let endpoint = Endpoint(
            isSecure: isSecure, host: "127.0.0.1", port: child?.port ?? server.port, tls: tls)
        let result = await Client(
            transport: CurlTransport(loop: try CurlLoop(), endpoint: endpoint), dateFormat: .spaced, timeout: timeout,
            userAgent: "tests/1"
        ).send(
            ModelBreachesRequest(startMilliseconds: 0, endMilliseconds: 1),
            credentials: .unused, wallMilliseconds: 0
        ) { _ in true }
        let hint = try #require(result.error?.hint?.description)
        #expect(hint.contains(advice), "\(String(describing: result.error))")
        #expect(!hint.contains(wrong), "\(String(describing: result.error))")
    }
}
