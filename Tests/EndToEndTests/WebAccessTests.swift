import Crypto
import Foundation
import TestSupport
import Testing

/// `--web.config.file`: who sees the pages, and over what, by the real curl.
@Suite(.timeLimit(.minutes(1))) struct WebAccessTests {
    private static let pages = ["/metrics", "/", "/-/healthy", "/-/ready", "/-/reload", "/nothing"]

    @Test func `with users every page asks for a password, health included`() throws {
        let guarded = try SecuredExporter(SecuredExporter.users())
        for path in Self.pages {
            let answer = try guarded.get(path)
            #expect(answer.status == 401, "\(path)")
            #expect(answer.first("WWW-Authenticate") == "Basic", "\(path)")
            #expect(answer.text == "Unauthorized\n", "\(path)")
        }
        for user in ["alice:wrong", "bob:geheim", "alice:", ":", ":geheim", "alice:geheim2", "Alice:geheim"] {
            // Twice: the second answer comes from memory.
            #expect(guarded.status(user: user) == 401, "\(user)")
            #expect(guarded.status(user: user) == 401, "\(user)")
        }
        for header in ["Bearer geheim", "Basic", "Basic !", "Basic YWxpY2U=", "Digest username=\"alice\"", ""] {
            #expect(guarded.status(with: ["-H", "Authorization: \(header)"]) == 401, "\(header)")
        }
        #expect(guarded.status("/-/healthy", user: "alice:geheim") == 200)
        #expect(guarded.status("/nothing", user: "alice:geheim") == 404)
        #expect(guarded.status(with: ["-H", "authorization: basic YWxpY2U6Z2VoZWlt"]) == 200)
        let scrape = try Scrape(guarded.get(user: "alice:geheim").text)
        #expect(scrape.value("darktrace_exporter_http_requests_total", ["code": "401"]) ?? 0 >= 21)
        #expect(scrape.value("darktrace_exporter_http_requests_total", ["code": "500"]) == 0)
        #expect(!guarded.exporter.program.log.contains("geheim"))
    }

    @Test func `a changed password counts at once, and the old one no more`() throws {
        let guarded = try SecuredExporter(SecuredExporter.users("first"))
        #expect(guarded.status(user: "alice:first") == 200)
        #expect(guarded.status(user: "alice:second") == 401)
        try guarded.replace(SecuredExporter.users("second"))
        #expect(guarded.status(user: "alice:first") == 401)
        #expect(guarded.status(user: "alice:second") == 200)
    }

    @Test func `headers stand on every answer, in place of the program's own`() throws {
        let headers =
            "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
            + "    Content-Security-Policy: default-src 'self'\n"
        let guarded = try SecuredExporter(headers + SecuredExporter.users())
        for user in ["alice:geheim", "alice:wrong"] {
            for path in Self.pages {
                let answer = try guarded.get(path, user: user)
                #expect(answer.first("X-Frame-Options") == "deny", "\(path)")
                let policies = answer.headers.filter { $0.name.lowercased() == "content-security-policy" }
                #expect(policies.map(\.value) == ["default-src 'self'"], "\(path)")
            }
        }
    }

    @Test func `TLS is spoken in the versions asked for, and plain HTTP is not`() throws {
        let guarded = try SecuredExporter(SecuredExporter.identity)
        #expect(try guarded.exporter.program.awaitLog(#/msg="Listening on" address=\S+ tls=(\S+)/#).output.1 == "true")
        #expect(guarded.status() == 200)
        #expect(guarded.status(with: ["--tlsv1.2", "--tls-max", "1.2"]) == 200)
        #expect(guarded.status(with: ["--tlsv1.3"]) == 200)
        #expect(throws: WaitTimeout.self) { try HTTP.get("http://\(guarded.exporter.address)/metrics") }
        #expect(throws: WaitTimeout.self, "no other authority is trusted") { try HTTP.get(guarded.url + "/metrics") }
        try guarded.replace(SecuredExporter.identity + "  min_version: TLS13\n")
        #expect(guarded.status(with: ["--tlsv1.2", "--tls-max", "1.2"]) == 0)
        #expect(guarded.status() == 200)
        try guarded.replace(SecuredExporter.identity + "  max_version: TLS12\n")
        #expect(guarded.status(with: ["--tlsv1.3"]) == 0)
        #expect(guarded.status() == 200)
    }

    @Test func `a renewed certificate is shown without a restart`() throws {
        let guarded = try SecuredExporter(SecuredExporter.identity)
        #expect(guarded.status() == 200)
        let renewed = try TestCertificate()
        try guarded.workspace.writeIdentity(renewed)
        #expect(guarded.status() == 0, "the old authority has not signed it")
        try guarded.workspace.write("server-ca.pem", renewed.authorityPEM)
        #expect(guarded.status() == 200)
    }

    @Test func `while the file is bad every page is 500, with one line in the log, and then all is well`()
        async throws
    {
        let good = try SecuredExporter.identity + SecuredExporter.users()
        let guarded = try SecuredExporter(good)
        func errors() -> Int { guarded.exporter.program.log.matches(of: #/Invalid web configuration/#).count }
        #expect(guarded.status(user: "alice:geheim") == 200)

        let breaks: [(name: String, spoil: () throws -> Void, repair: () throws -> Void)] = [
            ("not YAML", { try guarded.replace("basic_auth_users: [") }, { try guarded.replace(good) }),
            ("no TLS", { try guarded.replace(SecuredExporter.users()) }, { try guarded.replace(good) }),
            (
                "gone", { try FileManager.default.removeItem(atPath: guarded.workspace.path("web.yml")) },
                { try guarded.replace(good) }
            ),
            (
                "key of another", { try guarded.workspace.write("server.key", guarded.clients.keyPEM) },
                { try guarded.workspace.write("server.key", guarded.server.keyPEM) }
            ),
        ]
        for (index, (name, spoil, repair)) in breaks.enumerated() {
            try spoil()
            for path in Self.pages {
                let answer = try guarded.get(path, user: "alice:geheim")
                #expect(answer.status == 500, "\(name) \(path)")
                #expect(answer.text == "Internal Server Error\n", "\(name) \(path)")
            }
            #expect(guarded.status() == 500, "\(name)")
            try await eventually("the line about \(name)") { errors() > index }
            #expect(errors() == index + 1, "\(name): \(guarded.exporter.program.log)")
            try repair()
            #expect(guarded.status(user: "alice:geheim") == 200, "\(name)")
            #expect(guarded.status() == 401, "\(name)")
        }
        let scrape = try Scrape(guarded.get(user: "alice:geheim").text)
        #expect(scrape.value("darktrace_exporter_http_requests_total", ["code": "500"]) == 8)
        for secret in [guarded.server.keyPEM, guarded.clients.keyPEM, "geheim", "$2y$"] {
            #expect(!guarded.exporter.program.log.contains(secret.split(separator: "\n").dropFirst().first ?? "$2y$"))
            #expect(!guarded.exporter.program.log.contains(secret))
        }
    }

    @Test func `a client certificate lets in, or not, and its authority can change`() throws {
        let required =
            SecuredExporter.identity
            + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: clients.pem\n"
        let guarded = try SecuredExporter(required)
        func shown(_ name: String) -> [String] {
            ["--cert", guarded.workspace.path("\(name).crt"), "--key", guarded.workspace.path("\(name).key")]
        }
        let stranger = try TestCertificate(names: ["prometheus.example"])
        try guarded.workspace.write("stranger.crt", stranger.chainPEM)
        try guarded.workspace.write("stranger.key", stranger.keyPEM)
        for version in [["--tlsv1.3"], ["--tls-max", "1.2"]] {
            #expect(guarded.status(with: shown("client") + version) == 200)
            #expect(guarded.status(with: shown("stranger") + version) == 0)
            #expect(guarded.status(with: version) == 0)
        }
        try guarded.replace(required + "  client_allowed_sans: [other.example, 10.0.0.9]\n")
        #expect(guarded.status(with: shown("client")) == 200)
        try guarded.replace(required + "  client_allowed_sans: [other.example]\n")
        #expect(guarded.status(with: shown("client")) == 0)
        try guarded.replace(required.replacing("RequireAndVerifyClientCert", with: "VerifyClientCertIfGiven"))
        #expect(guarded.status() == 200)
        #expect(guarded.status(with: shown("stranger")) == 0)
        try guarded.replace(SecuredExporter.identity + "  client_auth_type: RequireAnyClientCert\n")
        #expect(guarded.status() == 0)
        #expect(guarded.status(with: shown("stranger")) == 200)
        try guarded.replace(required)
        try guarded.workspace.write("clients.pem", stranger.authorityPEM)
        #expect(guarded.status(with: shown("stranger")) == 200)
        #expect(guarded.status(with: shown("client")) == 0)
    }

    @Test func `a rate limit answers 429, and clients without a password use up their own`() throws {
        let guarded = try SecuredExporter("rate_limit: {interval: 1h, burst: 3}\n" + SecuredExporter.users())
        #expect(guarded.status(user: "alice:geheim") == 200)
        #expect((0..<5).map { _ in guarded.status() } == [401, 401, 429, 429, 429])
        #expect((0..<4).map { _ in guarded.status("/-/healthy", user: "alice:geheim") } == [200, 200, 200, 429])
        let answer = try guarded.get(user: "alice:geheim")
        #expect(answer.text == "Too Many Requests\n")
        #expect(answer.first("Retry-After") == "3600")
        #expect(guarded.status(user: "alice:geheim", with: ["--interface", "127.0.0.2"]) == 200)
        try guarded.replace(SecuredExporter.users())
        #expect((0..<5).map { _ in guarded.status() } == [401, 401, 401, 401, 401])
    }

    @Test func `cipher suites are what the list allows`() throws {
        let list = "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n"
        let guarded = try SecuredExporter(SecuredExporter.identity + list)
        let new = ["--tlsv1.3", "--tls13-ciphers"]
        #expect(guarded.status() == 200)
        #expect(guarded.status(with: new + ["TLS_AES_256_GCM_SHA384"]) == 200)
        #expect(guarded.status(with: new + ["TLS_AES_128_GCM_SHA256"]) == 0)
        let old = ["--tls-max", "1.2", "--ciphers"]
        #expect(guarded.status(with: old + ["ECDHE+AESGCM"]) == 200)
        #expect(guarded.status(with: old + ["ECDHE+AES128"]) == 0)
        try guarded.replace(SecuredExporter.identity)
        #expect(guarded.status(with: old + ["ECDHE+AES128"]) == 200)
    }

    @Test func `wrong passwords, however many, delay no other client`() async throws {
        // Cost 12 takes a fifth of a second.
        let guarded = try SecuredExporter(SecuredExporter.users(cost: 12))
        #expect(guarded.status(user: "alice:geheim") == 200)
        let hammer = try RunningProgram(
            "/bin/bash",
            [
                "-c",
                "for i in {1..30}; do while :; do curl -s -o /dev/null -u \"alice:wrong$i$RANDOM\" \"$0\"; done & done; "
                    + "trap 'kill $(jobs -p)' EXIT; echo begun >&2; sleep 60",
                guarded.url + "/metrics",
            ])
        defer { _ = try? hammer.stop() }
        _ = try hammer.awaitLog(#/begun/#)
        func refused() throws -> Double {
            try Scrape(guarded.get(user: "alice:geheim").text)
                .value("darktrace_exporter_http_requests_total", ["code": "401"]) ?? 0
        }
        try await eventually("blows of the hammer") { try refused() > 3 }
        // In checks, not in seconds, since a busy machine is slower with both.
        var counts = [try refused()]
        while counts[counts.count - 1] < counts[0] + 20 { counts.append(try refused()) }
        let waited = zip(counts, counts.dropFirst()).map { $1 - $0 }.sorted()
        // Each check waits for thirty others, each time.
        #expect(waited[waited.count / 2] < 15, "\(counts)")
    }

    @Test(.timeLimit(.minutes(2))) func `a real Prometheus scrapes with its tls_config and basic_auth`() async throws {
        let guarded = try SecuredExporter(
            SecuredExporter.identity
                + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: clients.pem\n"
                + SecuredExporter.users())
        func job(_ name: String, _ password: String) -> String {
            """
              - job_name: \(name)
                scheme: https
                basic_auth: {username: alice, password: \(password)}
                tls_config:
                  ca_file: \(guarded.workspace.path("server-ca.pem"))
                  cert_file: \(guarded.workspace.path("client.crt"))
                  key_file: \(guarded.workspace.path("client.key"))
                static_configs: [{targets: ['\(guarded.exporter.address)']}]

            """
        }
        let prometheus = try Prometheus(
            guarded.workspace, scrapeConfigs: job("right", "geheim") + job("wrong", "falsch"))
        try await eventually("a good scrape", seconds: 60, seen: { prometheus.program.log }) {
            try prometheus.query("up{job=\"right\"}").first?.value == 1
        }
        try await eventually("a refused scrape", seconds: 60, seen: { prometheus.program.log }) {
            try prometheus.query("up{job=\"wrong\"}").first?.value == 0
        }
        #expect(try prometheus.query("darktrace_exporter_build_info{job=\"right\"}").count == 1)
    }
}

/// A web configuration that cannot be used ends the start, and the check, with one line.
@Suite(.timeLimit(.minutes(1))) struct BadWebFileTests {
    static let files: [(text: String, names: [String])] = [
        ("- a\n", ["web.yml:1", "must begin with keys"]),
        ("basic_auth_users:\n  alice: geheim\n", ["web.yml:2", "basic_auth_users.alice", "bcrypt"]),
        (
            "tls_server_config: {cert_file: no.crt, key_file: server.key}\n",
            ["web.yml:1", "tls_server_config.cert_file", "no such file"]
        ),
        (SecuredExporter.identity.replacing("server.key", with: "other.key"), ["web.yml", "tls_server_config", "key"]),
        (
            SecuredExporter.identity + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: bad.pem\n",
            ["web.yml:5", "tls_server_config.client_ca_file", "bad.pem", "cannot be decoded"]
        ),
    ]

    @Test(arguments: files) func `it is refused in one line that names the place`(text: String, names: [String]) throws
    {
        let workspace = try TemporaryDirectory()
        try workspace.writeIdentity(TestCertificate())
        try workspace.write("other.key", TestCertificate().keyPEM)
        try workspace.write("bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        let configuration = try workspace.write(
            "darktrace-exporter.yml",
            "appliances: [{name: hq, url: 'http://127.0.0.1:1', public_token: a, private_token: b}]\n")
        let arguments = [
            "--config.file=\(configuration)", "--web.config.file=\(try workspace.write("web.yml", text))",
            "--web.listen-address=127.0.0.1:0", "--state.path=:memory:",
        ]
        for more in [[], ["--config.check"]] {
            let program = try RunningProgram("darktrace-exporter", arguments + more, directory: workspace.url)
            #expect(try program.exitStatus() == 1)
            #expect(program.log.split(separator: "\n").count == 1, "\(program.log)")
            for name in names { #expect(program.log.contains(name), "\(program.log)") }
            #expect(!program.log.contains("geheim"))
        }
    }
}
