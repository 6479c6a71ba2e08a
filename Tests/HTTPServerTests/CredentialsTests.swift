import Crypto
import HTTPServer
import Locking
import Testing
import Values

/// TLS that changes while the server runs.
@Suite struct CredentialsTests {
    private func settings(_ certificate: TestCertificate) -> TLSSettings {
        TLSSettings(TLSIdentity(certificatePEM: certificate.chainPEM, keyPEM: certificate.keyPEM))
    }

    private func client(
        _ address: ListenAddress, _ authority: TestCertificate, _ priorities: String = "NORMAL"
    ) throws -> TLSClient {
        try TLSClient(
            RawClient(address), authorityPEM: authority.authorityPEM, name: "localhost", priorities: priorities)
    }

    @Test func `a new certificate is for the next connection, and no open one is closed`() async throws {
        let (old, new) = (try TestCertificate(), try TestCertificate())
        let current = Locked(try TLSCredentials(settings(old)))
        try await withServer(
            configure: { $0.credentials = { current.withLock { $0 } } }, handler: { _ in .plain("ok") }
        ) { _, address in
            let before = try client(address, old)
            #expect(before.get("/").text == "ok")
            let renewed = try TLSCredentials(settings(new))
            current.withLock { $0 = renewed }
            #expect(try client(address, new).get("/").text == "ok")
            #expect(throws: TLSClient.Failure.self) { try client(address, old) }
            #expect(before.get("/").text == "ok")
        }
    }

    @Test(arguments: [
        ("NORMAL", "TLS1.2"), ("NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS1.2"), ("NORMAL:-VERS-ALL:+VERS-TLS1.3", ""),
    ])
    func `versions are what was asked for`(priorities: String, version: String) async throws {
        let certificate = try TestCertificate()
        var settings = settings(certificate)
        settings.versions = [.tls12]
        let credentials = try TLSCredentials(settings)
        try await withServer(configure: { $0.credentials = { credentials } }, handler: { _ in .plain("ok") }) {
            _, address in
            #expect((try? client(address, certificate, priorities).version) ?? "" == version)
        }
    }

    @Test(arguments: [("NORMAL:-GROUP-ALL:+GROUP-SECP384R1", true), ("NORMAL:-GROUP-ALL:+GROUP-X25519", false)])
    func `groups are what was asked for`(priorities: String, isIn: Bool) async throws {
        let certificate = try TestCertificate()
        var settings = settings(certificate)
        settings.groups = [.p384, .p521]
        settings.prefersOwnCiphers = true
        let credentials = try TLSCredentials(settings)
        try await withServer(configure: { $0.credentials = { credentials } }, handler: { _ in .plain("ok") }) {
            _, address in
            #expect(((try? client(address, certificate, priorities).get("/").text) == "ok") == isIn)
        }
    }

    @Test(arguments: CipherSuite.allCases) func `every cipher suite is one for GnuTLS`(suite: CipherSuite) throws {
        var settings = settings(try TestCertificate())
        settings.cipherSuites = [suite]
        _ = try TLSCredentials(settings)
    }

    @Test(
        arguments: [
            ([.ecdheECDSAWithAES256GCM, .ecdheRSAWithAES256GCM], "NORMAL", "TLS1.3"),
            ([.ecdheECDSAWithAES256GCM, .ecdheRSAWithAES256GCM], "NORMAL:-CIPHER-ALL:+AES-256-GCM", "TLS1.3"),
            ([.ecdheECDSAWithAES256GCM, .ecdheRSAWithAES256GCM], "NORMAL:-CIPHER-ALL:+AES-128-GCM", ""),
            ([.aes128GCM], "NORMAL", "TLS1.3"), ([.aes128GCM], "NORMAL:-VERS-TLS1.3", ""),
            ([.ecdheECDSAWithAES128CBC, .ecdheRSAWithAES128CBC], "NORMAL", "TLS1.2"),
            ([.ecdheECDSAWithAES128CBC, .ecdheRSAWithAES128CBC], "NORMAL:-VERS-TLS1.2", ""),
        ] as [([CipherSuite], String, String)])
    func `cipher suites are what was asked for`(
        suites: [CipherSuite], priorities: String, version: String
    ) async throws {
        let certificate = try TestCertificate()
        var settings = settings(certificate)
        settings.cipherSuites = suites
        let credentials = try TLSCredentials(settings)
        try await withServer(configure: { $0.credentials = { credentials } }, handler: { _ in .plain("ok") }) {
            _, address in
            #expect((try? client(address, certificate, priorities).version) ?? "" == version)
        }
    }
}
