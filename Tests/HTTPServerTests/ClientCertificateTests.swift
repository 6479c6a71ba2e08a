import Crypto
import HTTPServer
import Locking
import Testing

/// Who gets in by the certificate that a client shows.
@Suite struct ClientCertificateTests {
    private let server: TestCertificate
    private let known: TestCertificate
    private let stranger: TestCertificate

    init() throws {
        server = try TestCertificate()
        known = try TestCertificate(names: ["prometheus.example", "10.0.0.9"])
        stranger = try TestCertificate(names: ["prometheus.example"])
    }

    private var settings: TLSSettings {
        TLSSettings(TLSIdentity(certificatePEM: server.chainPEM, keyPEM: server.keyPEM))
    }

    private func verified(_ names: [String] = [], isRequired: Bool = true) -> TLSSettings {
        var settings = settings
        settings.clients = .verified(
            authoritiesPEM: known.authorityPEM, names: names, isRequired: isRequired)
        return settings
    }

    /// What a client gets: the body, or nothing when it is not let in.
    private func outcome(
        _ settings: TLSSettings, showing own: TestCertificate?, _ priorities: String = "NORMAL"
    ) async throws -> String {
        let credentials = try TLSCredentials(settings)
        let text = Locked("")
        try await withServer(configure: { $0.credentials = { credentials } }, handler: { _ in .plain("in") }) {
            _, address in
            let client = try? TLSClient(
                RawClient(address), authorityPEM: server.authorityPEM, name: "localhost", priorities: priorities,
                showing: own)
            text.withLock { $0 = client?.get("/").text ?? "" }
        }
        return text.withLock { $0 }
    }

    @Test(arguments: ["NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2"])
    func `a certificate that is required and verified lets in its bearer and no other client`(version: String)
        async throws
    {
        #expect(try await outcome(verified(), showing: known, version) == "in")
        #expect(try await outcome(verified(), showing: nil, version) == "")
        #expect(try await outcome(verified(), showing: stranger, version) == "")
    }

    @Test func `a certificate that has run out, or not begun, is none`() async throws {
        let past = try TestCertificate(names: ["a.example"], validity: 0..<1_000_000_000, issuer: known)
        let future = try TestCertificate(names: ["a.example"], validity: 4_000_000_000..<4_100_000_000, issuer: known)
        let present = try TestCertificate(names: ["a.example"], issuer: known)
        #expect(try await outcome(verified(), showing: past) == "")
        #expect(try await outcome(verified(), showing: future) == "")
        #expect(try await outcome(verified(), showing: present) == "in")
    }

    @Test func `a certificate that may be shown lets in those without, too`() async throws {
        #expect(try await outcome(verified(isRequired: false), showing: nil) == "in")
        #expect(try await outcome(verified(isRequired: false), showing: known) == "in")
        let past = try TestCertificate(names: ["a.example"], validity: 0..<1_000_000_000, issuer: known)
        #expect(try await outcome(verified(isRequired: false), showing: past) == "")
    }

    @Test func `a certificate that is only asked for is not looked at`() async throws {
        var settings = settings
        settings.clients = .requested(isRequired: true)
        #expect(try await outcome(settings, showing: stranger) == "in")
        #expect(try await outcome(settings, showing: nil) == "")
        settings.clients = .requested(isRequired: false)
        #expect(try await outcome(settings, showing: nil) == "in")
    }

    @Test(arguments: [
        (["prometheus.example"], true), (["10.0.0.9"], true), (["other.example", "10.0.0.9"], true),
        (["other.example"], false), (["example"], false), (["*.example"], false), (["10.0.0.90"], false),
    ])
    func `with names a certificate must carry one of them`(names: [String], isIn: Bool) async throws {
        #expect(try await outcome(verified(names), showing: known) == (isIn ? "in" : ""))
    }

    @Test func `authorities that are none are refused before anybody connects`() throws {
        var settings = settings
        settings.clients = .verified(authoritiesPEM: "nonsense", names: [], isRequired: true)
        let error = #expect(throws: ServerError.self) { try TLSCredentials(settings) }
        guard case .badAuthorities = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a key of another certificate is refused before anybody connects`() throws {
        let mixed = TLSSettings(TLSIdentity(certificatePEM: server.chainPEM, keyPEM: known.keyPEM))
        let error = #expect(throws: ServerError.self) { try TLSCredentials(mixed) }
        guard case .badIdentity = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
