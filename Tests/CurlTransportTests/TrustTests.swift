import Crypto
import CurlTransport
import Darktrace
import Foundation
import HTTPServer
import Testing
import Values

@Suite struct TrustTests {
    private let loop: CurlLoop

    init() throws { loop = try CurlLoop() }

    private func get(_ endpoint: Endpoint) async -> TransportResult {
        await CurlTransport(loop: loop, endpoint: endpoint).get()
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `an authority from a file is trusted`(host: String) async throws {
        let appliance = try Appliance()
        let exchange = await get(appliance.endpoint(host: host))
        #expect(exchange.failure == nil)
        #expect(exchange.head?.status == 200)
        let expiry = try #require(exchange.certificateExpiry)
        #expect(expiry == (try CertificateFacts(pem: appliance.certificate.chainPEM).expirySeconds))
    }

    @Test func `the earliest expiry in the chain is reported`() async throws {
        let end = Int64(Date().timeIntervalSince1970) + 86_400 * 30
        let appliance = try Appliance(TestCertificate(validity: end - 86_400 * 60..<end))
        #expect(await get(appliance.endpoint()).certificateExpiry == end)
    }

    @Test func `an authority that is not configured is not trusted`() async throws {
        let appliance = try Appliance()
        let exchange = await get(appliance.endpoint { $0.tls.caFile = nil })
        #expect(exchange.failure?.kind == .tls)
        #expect(exchange.failure?.detail.contains("verif") == true)
        #expect(exchange.head == nil)
    }

    @Test func `an authority from a file does not vouch for others`() async throws {
        let other = try Appliance()
        let appliance = try Appliance()
        let exchange = await get(appliance.endpoint { $0.tls.caFile = other.authorityFile })
        #expect(exchange.failure?.kind == .tls)
    }

    @Test func `an expired certificate is refused, and its expiry is reported`() async throws {
        let end = Int64(Date().timeIntervalSince1970) - 3_600
        let appliance = try Appliance(TestCertificate(validity: end - 86_400..<end))
        let exchange = await get(appliance.endpoint())
        #expect(exchange.failure?.kind == .tls)
        #expect(exchange.certificateExpiry == end)
    }

    @Test func `a certificate that is not valid yet is refused`() async throws {
        let begin = Int64(Date().timeIntervalSince1970) + 3_600
        let appliance = try Appliance(TestCertificate(validity: begin..<begin + 86_400))
        #expect(await get(appliance.endpoint()).failure?.kind == .tls)
    }

    @Test(arguments: [["appliance.example"], ["192.0.2.1"], ["127.0.0.2", "elsewhere.example"]])
    func `a certificate of another host is refused`(names: [String]) async throws {
        let appliance = try Appliance(TestCertificate(names: names))
        #expect(await get(appliance.endpoint()).failure?.kind == .tls)
        #expect(await get(appliance.endpoint(host: "localhost")).failure?.kind == .tls)
    }

    @Test func `server_name is what is asked for and verified, Host stays the host`() async throws {
        let appliance = try Appliance(TestCertificate(names: ["appliance.example"])) { request in
            let host = request.values(of: "Host").joined(separator: "|")
            return Response(status: 200, body: .buffers([SharedBuffer(Array(host.utf8))]))
        }
        let recorder = Recorder()
        let endpoint = appliance.endpoint { $0.tls.serverName = "appliance.example" }
        let exchange = await CurlTransport(loop: loop, endpoint: endpoint).get(to: recorder)
        #expect(exchange.failure == nil)
        #expect(recorder.text == "127.0.0.1:\(appliance.port)")
        #expect(await get(appliance.endpoint { $0.tls.serverName = "other.example" }).failure?.kind == .tls)
    }

    // MARK: The appliance's own certificate

    /// The certificate of the appliance alone, without the one of its CA that is sent along.
    private func own(_ appliance: Appliance) throws -> String {
        let end = "-----END CERTIFICATE-----\n"
        let chain = appliance.certificate.chainPEM
        return try Appliance.file(String(chain[..<#require(chain.range(of: end)).upperBound]))
    }

    private func fingerprint(_ appliance: Appliance) throws -> [UInt8] {
        try #require(try CertificateFacts(pem: appliance.certificate.chainPEM).fingerprint)
    }

    @Test(arguments: [["127.0.0.1"], []])
    func `ca_file can be the appliance's own certificate, also with an intermediate and without a subjectAltName`(
        names: [String]
    ) async throws {
        let appliance = try Appliance(TestCertificate(names: names, commonName: "127.0.0.1"))
        let file = try own(appliance)
        defer { unlink(file) }
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint { $0.tls.caFile = file })
        for _ in 0..<3 {
            let exchange = await transport.get()
            #expect(exchange.failure == nil)
            #expect(
                exchange.certificateExpiry == (try CertificateFacts(pem: appliance.certificate.chainPEM).expirySeconds))
        }
        #expect(
            await get(
                appliance.endpoint {
                    $0.tls.caFile = file; $0.tls.serverName = "other"
                }
            ).failure?.kind == .tls)
    }

    @Test func `server_name can be the common name of a certificate in ca_file, and of no other`() async throws {
        let appliance = try Appliance(TestCertificate(names: [], commonName: "dt-7"))
        let file = try own(appliance)
        defer { unlink(file) }
        func failure(_ name: String?, _ file: String) async -> TransportError? {
            await get(
                appliance.endpoint {
                    $0.tls.caFile = file; $0.tls.serverName = name
                }
            ).failure
        }
        #expect(await failure("dt-7", file) == nil)
        #expect(await failure("dt-8", file)?.kind == .tls)
        let hint = await failure(nil, file)?.hint?.description
        #expect(hint?.contains("subjectAltName") == true && hint?.contains("server_name to dt-7") == true)
        #expect(hint?.contains("fingerprint") == true)
    }

    @Test func `an expired certificate in ca_file is refused, and one that replaces it needs its CA`() async throws {
        let end = Int64(Date().timeIntervalSince1970) - 3_600
        let expired = try Appliance(TestCertificate(validity: end - 86_400..<end))
        let file = try own(expired)
        defer { unlink(file) }
        #expect(await get(expired.endpoint { $0.tls.caFile = file }).failure?.kind == .tls)
    }

    @Test func `a certificate of ca_file that is removed from it is no longer accepted`() async throws {
        let appliance = try Appliance()
        let other = try Appliance()
        let file = try own(appliance)
        defer { unlink(file) }
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint { $0.tls.caFile = file })
        #expect(await transport.get().failure == nil)
        try other.certificate.authorityPEM.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(await transport.get().failure?.kind == .tls)
    }

    @Test func `a fingerprint accepts one certificate, whatever its names, issuer and dates`() async throws {
        let appliance = try Appliance(TestCertificate(names: [], validity: 1_000_000_000..<1_100_000_000))
        let other = try Appliance()
        let (right, wrong) = (try fingerprint(appliance), try fingerprint(other))
        let seen = Counter()
        let transport = CurlTransport(
            loop: loop,
            endpoint: appliance.endpoint {
                $0.tls.caFile = nil
                $0.tls.fingerprint = right
            })
        for _ in 0..<2 {
            #expect(await transport.get().failure == nil)
            _ = seen.next()
        }
        let refused = await get(
            appliance.endpoint {
                $0.tls.fingerprint = wrong; $0.tls.insecureSkipVerify = true
            })
        #expect(refused.failure?.kind == .tls)
        #expect(refused.head == nil)
        #expect(refused.failure?.detail.contains("another fingerprint") == true)
    }

    @Test func `the request is not sent to a server with another fingerprint`() async throws {
        let requests = Counter()
        let appliance = try Appliance { request in
            _ = requests.next()
            return Appliance.list(request)
        }
        let result = await get(appliance.endpoint { $0.tls.fingerprint = [UInt8](repeating: 7, count: 32) })
        #expect(result.failure?.kind == .tls)
        #expect(requests.count == 0)
    }

    @Test func `insecure trusts anybody`() async throws {
        let appliance = try Appliance(
            TestCertificate(names: ["appliance.example"], validity: 1_000_000_000..<1_100_000_000))
        let exchange = await get(
            appliance.endpoint {
                $0.tls.caFile = nil
                $0.tls.insecureSkipVerify = true
            })
        #expect(exchange.failure == nil)
        #expect(exchange.certificateExpiry == 1_100_000_000)
    }

    @Test func `a file that cannot be read is no fault of the appliance`() async throws {
        let appliance = try Appliance()
        for change in [
            { (endpoint: inout Endpoint) in endpoint.tls.caFile = "/nowhere/ca.pem" },
            { (endpoint: inout Endpoint) in endpoint.tls.certFile = "/nowhere/cert.pem" },
            { (endpoint: inout Endpoint) in endpoint.tls.keyFile = "/nowhere/key.pem" },
        ] {
            let exchange = await get(appliance.endpoint(change))
            let failure = try #require(exchange.failure)
            #expect(failure.kind == .unexpected)
            #expect(failure.detail.contains("_file /nowhere/") && failure.detail.contains("No such file"))
        }
    }

    @Test func `a file without a certificate is reported`() async throws {
        let appliance = try Appliance()
        let file = try Appliance.file("no certificate\n")
        defer { unlink(file) }
        let exchange = await get(appliance.endpoint { $0.tls.caFile = file })
        #expect(exchange.failure?.kind == .unexpected || exchange.failure?.kind == .tls)
        #expect(exchange.head == nil)
    }

    @Test func `every least version that the server has can be asked for`() async throws {
        let appliance = try Appliance()
        for version in TLSVersion.allCases {
            #expect(await get(appliance.endpoint { $0.tls.minVersion = version }).failure == nil, "\(version)")
        }
    }

    @Test func `plain HTTP where TLS is expected, and the other way round, is reported`() async throws {
        let plain = try RawServer { $0.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") }
        defer { plain.stop() }
        let secure = Endpoint(isSecure: true, host: "127.0.0.1", port: plain.port)
        #expect(await get(secure).failure?.kind == .tls)
        let appliance = try Appliance()
        let unprotected = await get(Endpoint(isSecure: false, host: "127.0.0.1", port: appliance.port))
        #expect(unprotected.failure?.kind == .malformed)
    }

    @Test func `an unknown issuer is named, and a name that does not match is distinguished from it`() async throws {
        let appliance = try Appliance()
        let other = try Appliance()
        let unknown = await get(appliance.endpoint { $0.tls.caFile = other.authorityFile })
        #expect(unknown.failure?.hint?.description.contains("\"CN=Test authority\"") == true, "\(unknown)")
        let elsewhere = try Appliance(TestCertificate(names: ["appliance.example"]))
        let wrongName = await get(elsewhere.endpoint())
        #expect(wrongName.failure?.hint?.description.contains("server_name") == true, "\(wrongName)")
        let expired = try Appliance(TestCertificate(validity: 1_000_000_000..<1_100_000_000))
        let old = await get(expired.endpoint())
        #expect(old.failure?.hint?.description.contains("renew") == true, "\(old)")
    }

    @Test func `a handshake that is cut is no problem of the CA file`() async throws {
        let server = try RawServer { _ in }
        defer { server.stop() }
        let result = await get(Endpoint(isSecure: true, host: "127.0.0.1", port: server.port))
        #expect(result.failure?.kind == .tls)
        #expect(result.failure?.hint?.description.contains("handshake") == true, "\(result)")
        #expect(result.failure?.hint?.description.contains("ca_file") == false)
    }

    @Test func `a port without TLS and a port with TLS are named`() async throws {
        let plain = try RawServer(answering: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        defer { plain.stop() }
        let secure = await get(Endpoint(isSecure: true, host: "127.0.0.1", port: plain.port))
        #expect(secure.failure?.hint?.description.contains("ca_file") != true, "\(secure)")
        let appliance = try Appliance()
        let result = await get(Endpoint(isSecure: false, host: "127.0.0.1", port: appliance.port))
        #expect(result.failure?.hint?.description.contains("https://") == true, "\(result)")
    }
}
