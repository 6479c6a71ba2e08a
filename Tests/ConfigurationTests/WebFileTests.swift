import Configuration
import Foundation
import Testing
import Values

/// The file of `--web.config.file`.
@Suite struct WebFileTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try folder.write("server.crt", PEM.certificate)
        try folder.write("server.key", PEM.key)
        try folder.write("ca.pem", PEM.certificate)
    }

    private func read(_ text: String) throws -> (content: WebConfigSnapshot.Content?, complaint: String?) {
        switch WebConfigSnapshot(path: try folder.write("web.yml", text)).outcome {
        case .success(let content): (content, nil)
        case .failure(let error): (nil, error.description.replacing("\(folder.path)/", with: ""))
        }
    }

    private static let identity = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
    private static let hash = "$2y$10$9jxDlH.MWhcATK6lo1zw7eYPyVP6RGqZFHQP2bjcjbfxIHgbMxMTS"

    @Test func `a whole file becomes a value`() throws {
        let content = try #require(
            try read(
                """
                tls_server_config:
                  cert_file: server.crt
                  key_file: \(folder.path)/server.key
                  client_auth_type: RequireAndVerifyClientCert
                  client_ca_file: ca.pem
                  client_allowed_sans: [prometheus.example, 10.0.0.9]
                  min_version: TLS12
                  max_version: "TLS13"
                  curve_preferences: [X25519, CurveP256]
                  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]
                  prefer_server_cipher_suites: false
                http_server_config:
                  http2: false
                  headers:
                    X-Frame-Options: deny
                    Strict-Transport-Security: max-age=31536000; includeSubDomains
                rate_limit: {interval: 1m30s, burst: 7}
                basic_auth_users:
                  alice: \(Self.hash)
                  "b o b": \(Self.hash.replacing("$2y$10", with: "$2b$04"))
                """
            ).content)
        var expected = WebConfiguration(path: "\(folder.path)/web.yml")
        var tls = ServerTLS(certificatePEM: PEM.certificate, keyPEM: Secret(PEM.key))
        tls.clientAuth = .requireAndVerify
        tls.clientAuthorityPEM = PEM.certificate
        tls.clientAllowedSANs = ["prometheus.example", "10.0.0.9"]
        tls.curves = [.x25519, .p256]
        tls.cipherSuites = [.aes128GCM, .ecdheECDSAWithAES256GCM]
        tls.prefersOwnCiphers = false
        expected.tls = tls
        expected.rateLimit = WebConfiguration.RateLimit(intervalSeconds: 90, burst: 7)
        expected.headers = [
            WebConfiguration.Header(name: "X-Frame-Options", value: "deny"),
            WebConfiguration.Header(
                name: "Strict-Transport-Security", value: "max-age=31536000; includeSubDomains"),
        ]
        expected.users = [
            "alice": Secret(Self.hash), "b o b": Secret(Self.hash.replacing("$2y$10", with: "$2b$04")),
        ]
        #expect(content.configuration == expected)
        #expect(content.warnings == [])
    }

    @Test func `texts in PEM form can be in the file itself`() throws {
        func block(_ pem: String) -> String { "|\n    " + pem.split(separator: "\n").joined(separator: "\n    ") }
        let content = try read(
            "tls_server_config:\n  cert: \(block(PEM.certificate))\n  key: \(block(PEM.key))\n"
                + "  client_ca: \(block(PEM.certificate))\n  client_auth_type: VerifyClientCertIfGiven\n"
        ).content
        #expect(content?.configuration.tls?.certificatePEM == PEM.certificate)
        #expect(content?.configuration.tls?.keyPEM == Secret(PEM.key))
        #expect(content?.configuration.tls?.clientAuthorityPEM == PEM.certificate)
    }

    @Test(arguments: [
        ("NoClientCert", ServerTLS.ClientAuth.none), ("RequestClientCert", .request),
        ("RequireAnyClientCert", .requireAny), ("RequireClientCert", .requireAny),
    ])
    func `client_auth_type has the names of Go and the older one`(name: String, type: ServerTLS.ClientAuth) throws {
        let content = try read("\(Self.identity)  client_auth_type: \(name)\n").content
        #expect(content?.configuration.tls?.clientAuth == type)
    }

    static let bad: [(text: String, complaint: String)] = [
        ("- a", "1: must begin with keys like tls_server_config: and basic_auth_users:"),
        ("basic_auth_user: {}", "1: basic_auth_user: unknown key; did you mean basic_auth_users?"),
        ("cert_file: x", "1: cert_file: unexpected key; move it to tls_server_config"),
        ("headers: {}", "1: headers: unexpected key; move it to http_server_config"),
        (
            "tls_server_config:",
            "1: tls_server_config: missing one of cert or cert_file\nweb.yml:1: tls_server_config: missing one of key "
                + "or key_file"
        ),
        (
            "rate_limit: {interval: soon, brst: 1}",
            "1: rate_limit.brst: unknown key; did you mean burst?\nweb.yml:1: rate_limit.interval: \"soon\" is not a "
                + "duration; write one like 90s, 15m or 1h30m"
        ),
        (
            "\(identity)  cipher_suites: [aes]",
            "4: tls_server_config.cipher_suites[0]: unknown cipher suite: aes; write names like TLS_AES_128_GCM_SHA256, "
                + "which docs/configuration.md lists"
        ),
        (
            "tls_server_config: {key_file: server.key}",
            "1: tls_server_config: missing one of cert or cert_file"
        ),
        (
            "tls_server_config: {cert_file: server.crt}",
            "1: tls_server_config: missing one of key or key_file"
        ),
        (
            "tls_server_config:\n  cert_file: none.crt\n  key_file: server.key",
            "2: tls_server_config.cert_file: \"none.crt\": no such file"
        ),
        (
            "tls_server_config:\n  cert_file: server.key\n  key_file: server.key",
            "2: tls_server_config.cert_file: \"server.key\": holds no certificate in PEM form"
        ),
        (
            "tls_server_config:\n  cert_file: server.crt\n  key: geheim",
            "3: tls_server_config.key: holds no private key in PEM form"
        ),
        ("\(identity)  cert: x", "2: tls_server_config.cert_file: cert is set as well; keep one of the two"),
        ("\(identity)  cert_file: x", "4: tls_server_config.cert_file: is written twice, first in line 2; remove one"),
        (
            "\(identity)  min_version: TLS99",
            "4: tls_server_config.min_version: unknown TLS version: TLS99; write TLS10, TLS11, TLS12, TLS13"
        ),
        (
            "\(identity)  min_version: TLS13\n  max_version: TLS12",
            "5: tls_server_config.max_version: is below min_version (TLS13)"
        ),
        (
            "\(identity)  max_version: TLS11",
            "4: tls_server_config.max_version: is below min_version (TLS12)"
        ),
        (
            "\(identity)  curve_preferences: [X25519, P256]",
            "4: tls_server_config.curve_preferences[1]: unknown curve: P256; write X25519, CurveP256, CurveP384, CurveP521"
        ),
        (
            "\(identity)  curve_preferences: X25519",
            "4: tls_server_config.curve_preferences: must be a list of curves"
        ),
        (
            "\(identity)  curve_preferences: []",
            "4: tls_server_config.curve_preferences: is empty; leave it out or name curves"
        ),
        (
            "\(identity)  prefer_server_cipher_suites: \"yes\"",
            "4: tls_server_config.prefer_server_cipher_suites: must be true or false, without quotes"
        ),
        (
            "\(identity)  client_ca_file: ca.pem",
            "4: tls_server_config.client_ca_file: client CA's have been configured without a Client Auth Policy; "
                + "set client_auth_type"
        ),
        (
            "\(identity)  client_auth_type: Always",
            "4: tls_server_config.client_auth_type: \"Always\" is none of NoClientCert, RequestClientCert, "
                + "RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert"
        ),
        (
            "\(identity)  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: [a.example]",
            "5: tls_server_config.client_allowed_sans: needs a client_auth_type that verifies: VerifyClientCertIfGiven "
                + "or RequireAndVerifyClientCert"
        ),
        (
            "\(identity)  insecure: true",
            "4: tls_server_config.insecure: unknown key; the keys here are cert, cert_file, key, key_file, "
                + "client_auth_type, client_ca, client_ca_file, client_allowed_sans, min_version, max_version, "
                + "cipher_suites, curve_preferences, prefer_server_cipher_suites"
        ),
        ("http_server_config: {http2: 1}", "1: http_server_config.http2: \"1\" must be true or false"),
        (
            "http_server_config:\n  headers:\n    X-Frame-Options: foo",
            "3: http_server_config.headers.X-Frame-Options: invalid value for X-Frame-Options. "
                + "Expected one of: [\"deny\" \"sameorigin\"], but got: \"foo\""
        ),
        (
            "http_server_config:\n  headers:\n    Set-Cookie: a=b",
            "3: http_server_config.headers.Set-Cookie: HTTP header \"Set-Cookie\" can not be configured; those that can "
                + "are Content-Security-Policy, Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, "
                + "X-XSS-Protection"
        ),
        (
            "http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\nb\"",
            "3: http_server_config.headers.X-XSS-Protection: must be one line of ASCII"
        ),
        ("basic_auth_users:", "1: basic_auth_users: is empty; leave it out or fill it"),
        ("basic_auth_users: geheim", "1: basic_auth_users: must be keys with values"),
        (
            "basic_auth_users:\n  alice: geheim",
            "2: basic_auth_users.alice: must be a bcrypt hash like $2y$10$…; make one with htpasswd -nbBC 10 \"\" "
                + "PASSWORD"
        ),
        (
            "basic_auth_users:\n  alice: $2y$10$9jxDlH.MWhcATK6lo1zw7eYPyVP6RGqZFHQP2bjcjbfxIHgbMxMT",
            "2: basic_auth_users.alice: must be a bcrypt hash like $2y$10$…; make one with htpasswd -nbBC 10 \"\" "
                + "PASSWORD"
        ),
        (
            "basic_auth_users:\n  alice: $2y$31$9jxDlH.MWhcATK6lo1zw7eYPyVP6RGqZFHQP2bjcjbfxIHgbMxMTS",
            "2: basic_auth_users.alice: has a cost outside 4 to 20; 10 is usual"
        ),
        (
            "basic_auth_users:\n  'a:b': \(hash)",
            "2: basic_auth_users.a:b: no user can have this name; it must not be empty nor contain colons or control "
                + "characters"
        ),
        (
            "basic_auth_users:\n  alice: \(hash)\n  alice: \(hash)",
            "3: basic_auth_users.alice: is written twice, first in line 2; remove one"
        ),
    ]

    /// What exporter-toolkit accepts, with what cannot be honoured as a warning.
    static let accepted: [(text: String, warnings: [String])] = [
        ("", []), ("{}", []), ("# nothing\n", []), ("basic_auth_users: {}", []),
        ("http_server_config:\n  headers: {}", []),
        ("rate_limit: {interval: 1s, burst: 20}", []),
        ("\(identity)  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]", []),
        (
            "\(identity)  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]",
            [
                "4: tls_server_config.cipher_suites: turns TLS 1.3 off, because it has none of these ciphers; add a "
                    + "suite with GCM or CHACHA20"
            ]
        ),
        (
            "\(identity)  min_version: TLS13\n  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]",
            ["5: tls_server_config.cipher_suites: is not applied, because TLS 1.3 has none of these ciphers"]
        ),
        (
            "\(identity)  client_auth_type: VerifyClientCertIfGiven",
            [
                "4: tls_server_config.client_auth_type: without client_ca every certificate of the system's trust store "
                    + "is accepted"
            ]
        ),
        (
            "basic_auth_users:\n  dave: $2b$18$abcdefghijklmnopqrstuu3ZNTWactmkRXVB8K.1w4IlxX.O8lI12",
            ["2: basic_auth_users.dave: has cost 18: each new password takes many seconds to check; 10 is usual"]
        ),
    ]

    @Test(arguments: accepted)
    func `what other exporters accept is accepted`(text: String, warnings: [String]) throws {
        let content = try #require(try read(text).content)
        let found = content.warnings.map { $0.description.replacing("\(folder.path)/web.yml:", with: "") }
        #expect(found == warnings)
        #expect(content.configuration.declaresNoUsers == (text == "basic_auth_users: {}"))
    }

    @Test(
        arguments: [
            ("{interval: 2s}", 2, 20), ("{interval: 500ms, burst: 1}", 0.5, 1), ("{}", nil, nil),
            ("{burst: 5}", nil, nil),
            ("{interval: 0s, burst: 5}", nil, nil),
        ] as [(String, Double?, Int?)])
    func `a rate limit needs an interval`(text: String, seconds: Double?, burst: Int?) throws {
        let limit = try #require(try read("rate_limit: \(text)\n").content).configuration.rateLimit
        #expect(limit?.intervalSeconds == seconds)
        #expect(limit?.burst == burst)
    }

    @Test(arguments: bad) func `a bad file is refused with its line`(text: String, complaint: String) throws {
        #expect(try read(text).complaint == "web.yml:\(complaint)")
    }

    @Test func `a file that is not there says which flag names it`() {
        guard case .failure(let error) = WebConfigSnapshot(path: "/none.yml").outcome else {
            Issue.record("no error")
            return
        }
        #expect(error.description == "\"/none.yml\": no such file; name another one with --web.config.file")
    }

    @Test func `the start reads it, and warns of what is probably not meant`() throws {
        try folder.write("server.key", PEM.key, mode: 0o644)
        let web = try folder.write("web.yml", "\(Self.identity)http_server_config: {http2: true}\n")
        let file = try folder.write("x.yml", file())
        let launch = try Settings.load(
            arguments: ["--config.file", file, "--web.config.file", web, "--config.check"], environment: [:])
        guard case .check(let settings, _, let warnings) = launch else {
            Issue.record("\(launch)")
            return
        }
        #expect(settings.web.configFile == web)
        #expect(
            warnings.map { $0.description.replacing("\(folder.path)/", with: "") } == [
                "web.yml:3: tls_server_config.key_file: every user of this machine may read the key file \"server.key\"; "
                    + "chmod it to 600",
                "web.yml:4: http_server_config.http2: HTTP/2 is not supported; the pages are served over HTTP/1.1",
            ])
        try folder.write("web.yml", "basic_auth_users: {alice: geheim}")
        let error = #expect(throws: ConfigurationErrors.self) {
            try Settings.load(arguments: ["--config.file", file, "--web.config.file", web], environment: [:])
        }
        #expect(error?.description.contains("basic_auth_users.alice") == true)
        #expect(error?.description.contains("geheim") == false)
    }

    @Test func `a change of any of its files shows, also while one is missing`() throws {
        let file = try folder.write("web.yml", Self.identity)
        let first = WebConfigSnapshot(path: file)
        #expect(!first.isStale)
        try folder.write("server.crt", PEM.certificate + "\n")
        #expect(first.isStale)
        try FileManager.default.removeItem(atPath: "\(folder.path)/server.key")
        let second = WebConfigSnapshot(path: file)
        #expect(throws: ConfigurationErrors.self) { try second.outcome.get() }
        #expect(!second.isStale)
        try folder.write("server.key", PEM.key)
        #expect(second.isStale)
        let third = WebConfigSnapshot(path: file)
        try folder.write("other.yml", Self.identity)
        try FileManager.default.removeItem(atPath: file)
        #expect(third.isStale)
        try FileManager.default.moveItem(atPath: "\(folder.path)/other.yml", toPath: file)
        #expect(third.isStale)
    }
}
