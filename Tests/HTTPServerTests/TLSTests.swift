import Crypto
import HTTPServer
import Testing
import Values

@Suite struct TLSTests {
    private let certificate: TestCertificate

    init() throws { certificate = try TestCertificate() }

    private var identity: TLSIdentity {
        TLSIdentity(certificatePEM: certificate.chainPEM, keyPEM: certificate.keyPEM)
    }

    private func client(_ address: ListenAddress, _ priorities: String = "NORMAL") throws -> TLSClient {
        try TLSClient(
            RawClient(address), authorityPEM: certificate.authorityPEM, name: "localhost", priorities: priorities)
    }

    @Test(arguments: [("NORMAL", "TLS1.3"), ("NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS1.2")])
    func `TLS 1_3 and 1_2 are spoken`(_ priorities: String, _ version: String) async throws {
        try await withServer(configure: { $0.identity = identity }, handler: { request in .plain(request.path) }) {
            _, address in
            let client = try client(address, priorities)
            #expect(client.version == version)
            #expect(client.get("/a").text == "/a")
            #expect(client.get("/b").text == "/b")
        }
    }

    @Test func `TLS 1_1 is refused`() async throws {
        try await withServer(configure: { $0.identity = identity }, handler: { _ in .plain("") }) { _, address in
            #expect(throws: TLSClient.Failure.self) {
                try client(address, "LEGACY:-VERS-ALL:+VERS-TLS1.1:%COMPAT")
            }
        }
    }

    @Test func `pieces, pauses and cuts work under TLS`() async throws {
        let large = SharedBody([SharedBuffer([UInt8](repeating: 0x61, count: 3 << 20)), SharedBuffer([0x62])])
        try await withServer(configure: { $0.identity = identity }) { request in
            switch request.path {
            case "/large": Response(status: 200, body: .shared(large))
            case "/cut": Response(status: 200, body: .stream(Script([.text("half"), .abort(reset: false)]), length: 8))
            default:
                Response(status: 200, body: .stream(Script([.text("a"), .pause(milliseconds: 50), .text("b"), .end])))
            }
        } _: { _, address in
            let client = try client(address)
            #expect(client.get("/large").body.count == large.count)
            #expect(client.get("/pause").dechunked?.bytes == Array("ab".utf8))
            let cut = client.get("/cut")
            #expect(cut.text == "half")
            #expect(cut.end == .closed)
        }
    }

    @Test(arguments: ["", "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
    func `who does not finish the handshake is ended, and others are served`(_ start: String) async throws {
        try await withServer(timeouts: Timeouts(read: 3), configure: { $0.identity = identity }) { _ in
            .plain("ok")
        } _: { _, address in
            let silent = try RawClient(address)
            silent.send(start)
            #expect(try client(address).get("/").text == "ok")
            #expect(silent.read(seconds: 20).end != .timeout)
        }
    }

    @Test func `a certificate that is none says so, and the key is never printed`() throws {
        var configuration = ServerConfiguration(addresses: [try ListenAddress(parsing: "127.0.0.1:0")])
        configuration.identity = TLSIdentity(certificatePEM: "nonsense", keyPEM: "geheim")
        let error = #expect(throws: ServerError.self) { try Server(configuration, handler: { _ in .plain("") }) }
        guard case .badIdentity = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\(String(describing: error))"] {
            #expect(!text.contains("geheim"))
        }
        #expect(error?.description.contains("\n") == false)
    }
}
