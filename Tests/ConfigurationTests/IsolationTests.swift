import Configuration
import Crypto
import Testing

/// The files that an appliance names concern that appliance only.
@Suite struct IsolationTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private static let text = """
        appliances:
          - name: hq
            url: https://10.0.0.5
            public_token: p
            private_token: q
          - name: branch
            url: https://10.0.0.6
            public_token: p
            private_token_file: none
            tls_config: {ca_file: none.pem}
        """

    private func load(_ arguments: String...) throws -> Invocation {
        let file = try folder.write("x.yml", Self.text)
        return try Settings.load(arguments: ["--config.file", file] + arguments, environment: [:])
    }

    @Test(arguments: [[], ["check"], ["once"], ["backfill", "--start=0"]])
    func `a missing file prevents no command`(arguments: [String]) throws {
        let file = try folder.write("x.yml", Self.text)
        _ = try Settings.load(arguments: ["--config.file", file] + arguments, environment: [:])
    }

    @Test func `a reload accepts it, too, and the settings say what fails when they are used`() throws {
        guard case .run(let settings, _) = try load() else { throw Folder.NotARun() }
        let reloaded = try settings.reloaded(environment: [:]).settings
        #expect(reloaded == settings)
        let branch = try #require(reloaded.appliances.last)
        #expect(throws: SecretReadError.self) { try branch.privateToken.read() }
        let error = #expect(throws: TLSFileError.self) { try branch.tls.checkFiles() }
        #expect(error?.description == "ca_file \"\(folder.path)/none.pem\": no such file")
        #expect(try settings.appliances.first?.tls.checkFiles() != nil)
    }

    @Test func `a check reports every file, a check of the syntax none`() throws {
        let error = #expect(throws: ConfigurationErrors.self) { try load("--config.check") }
        #expect(
            error?.errors.map { $0.description.replacing("\(folder.path)/", with: "") } == [
                "x.yml:9: appliances[1].private_token_file: \"none\": no such file",
                "x.yml:10: appliances[1].tls_config.ca_file: \"none.pem\": no such file",
            ])
        for arguments in [["--config.check-syntax"], ["--config.check", "--config.check-syntax"]] {
            let file = try folder.write("x.yml", Self.text)
            guard case .check = try Settings.load(arguments: ["--config.file", file] + arguments, environment: [:])
            else {
                Issue.record("not a check")
                return
            }
        }
    }

    @Test func `a check of the syntax needs no file of the web configuration`() throws {
        let web = try folder.write(
            "web.yml",
            "tls_server_config: {cert_file: none, key_file: none, client_ca_file: none, client_auth_type: "
                + "RequireAndVerifyClientCert}")
        _ = try load("--web.config.file", web, "--config.check-syntax")
        let error = #expect(throws: ConfigurationErrors.self) { try load("--web.config.file", web) }
        #expect(error?.errors.count == 3)
    }

    @Test func `a key of another certificate, broken, encrypted and foreign PEM files are refused`() throws {
        let other = try TestCertificate()
        try folder.write("client.pem", PEM.chain)
        try folder.write("client.key", PEM.key)
        try folder.write("other.key", other.keyPEM)
        try folder.write("broken.pem", PEM.chain + "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
        try folder.write("open.pem", PEM.certificate + "-----BEGIN CERTIFICATE-----\nMIIB\n")
        try folder.write("trusted.pem", PEM.certificate.replacing("CERTIFICATE", with: "TRUSTED CERTIFICATE"))
        try folder.write("encrypted.key", PEM.key.replacing("BEGIN ", with: "BEGIN ENCRYPTED "))
        let cases = [
            ("cert_file: client.pem, key_file: client.key", nil),
            ("ca_file: client.pem", nil),
            (
                "cert_file: client.pem, key_file: other.key",
                "key_file: \"other.key\": does not belong to the certificate (The certificate and the given key do not "
                    + "match.); check that both are of one pair"
            ),
            (
                "ca_file: broken.pem",
                "ca_file: \"broken.pem\": has a certificate that cannot be decoded, number 3 of the file; copy it again"
            ),
            (
                "ca_file: open.pem",
                "ca_file: \"open.pem\": has a certificate that cannot be decoded, number 2 of the file; copy it again"
            ),
            (
                "ca_file: trusted.pem",
                "ca_file: \"trusted.pem\": holds a TRUSTED CERTIFICATE, a form that only OpenSSL reads; convert it with "
                    + "openssl x509"
            ),
            (
                "cert_file: client.pem, key_file: encrypted.key",
                "key_file: \"encrypted.key\": holds an encrypted private key; decrypt it with openssl pkey"
            ),
        ]
        for (tls, problem) in cases {
            let complaint = try folder.complaint(file(line: 7, "    tls_config: {\(tls)}"))
            #expect(complaint == problem.map { "x.yml:7: appliances[0].tls_config.\($0)" })
        }
    }
}
