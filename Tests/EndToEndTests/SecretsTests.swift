import Foundation
import HTTPServer
import TestSupport
import Testing
import Values

/// Everything that an exporter writes, searched for each secret that it was given.
@Suite struct SecretsTests {
    private static let publicToken = "1f0e9d8c7b6a594837261504f3e2d1c0b9a88776"
    private static let privateToken = "2f0e9d8c7b6a594837261504f3e2d1c0b9a88776"
    private static let fileToken = "3f0e9d8c7b6a594837261504f3e2d1c0b9a88776"
    private static let proxyPassword = "swordfish%21"
    private static let webPassword = "hunter22"

    @Test(.timeLimit(.minutes(3))) func `no secret is in what an exporter writes`() async throws {
        let workspace = try TemporaryDirectory()
        let (server, address) = try Self.echo()
        defer { server.stop(graceSeconds: 0) }
        let hash = try Bcrypt.hash(Self.webPassword)
        try workspace.write("web.yml", "basic_auth_users: {alice: \(hash)}\n")
        try workspace.write("token", Self.fileToken)
        let good = configuration(address)
        let exporter = try Exporter(
            workspace, good,
            arguments: ["--log.level=debug", "--web.config.file=web.yml", "--web.enable-lifecycle"])
        func get(_ path: String, method: String = "GET") throws -> String {
            let answer = try HTTP.request(
                "http://\(exporter.address)\(path)", method: method, seconds: 60,
                arguments: ["--user", "alice:\(Self.webPassword)"])
            return "# \(answer.status) \(answer.headers)\n\(answer.text)"
        }
        for (name, reason) in [("echo", "request"), ("proxied", "request"), ("filed", "request"), ("lost", "secret")] {
            try await eventually("a failure of \(name)", seen: { exporter.program.log }) {
                try Scrape(get("/metrics")).sum(
                    "darktrace_poll_failures_total", ["appliance": name, "feed": "modelbreaches", "reason": reason]) > 0
            }
        }
        var places: [(name: String, text: String)] = []
        for path in [
            "/", "/metrics", "/sd", "/-/ready", "/-/healthy", "/nothing", "/runbooks/", "/appliances/echo",
            "/appliances/proxied", "/appliances/filed", "/appliances/lost",
        ] { places.append((path, try get(path))) }
        try workspace.write("darktrace-exporter.yml", good + "    overlap: \(Self.privateToken)\n")
        places.append(("a refused reload", try get("/-/reload", method: "POST")))
        try workspace.write("darktrace-exporter.yml", good)
        places += try written(by: Self.mistakes + Self.commands, in: workspace)
        _ = try exporter.program.stop()
        places.append(("the log", exporter.program.log))
        for (file, data) in try workspace.contents() where file.hasPrefix("state") {
            places.append((file, String(decoding: data, as: UTF8.self)))
        }
        for (place, text) in places {
            #expect(!text.isEmpty, "\(place)")
            for secret in [
                Self.publicToken, Self.privateToken, Self.fileToken, Self.proxyPassword, "swordfish", "dXNlcjpzd29y",
                Self.webPassword,
                hash,
            ] where text.contains(secret) { Issue.record("\(secret) is in \(place): \(text.prefix(2_000))") }
        }
        #expect(exporter.program.log.contains("<hidden>"), "the appliance repeats the request")
    }

    /// The arguments of a run that ends without a signal, with the configuration file in place.
    private static let commands: [[String]] = [
        ["--config.check"], ["check"], ["check", "--output=json", "--log.level=debug"],
        ["once", "--log.level=debug"], ["once", "--log.format=json"], ["state", "list", "--state.path=state.db"],
        ["backfill", "--start=2026-01-01T00:00:00Z", "--end=2026-01-01T01:00:00Z"],
        ["healthcheck", "--web.config.file=web.yml"], ["healthcheck", "--web.listen-address=127.0.0.1:1"],
    ]

    /// A secret in a wrong place.
    private static let mistakes = [
        ["%"], ["--%"], ["--log.level=%"], ["--config.file=%"], ["--web.config.file=%"], ["--web.listen-address=%"],
        ["--web.external-url=%"], ["--state.path=/nowhere/%"], ["check", "%"], ["state", "%"], ["help", "%"],
        ["state", "rename", "%", "hq", "--state.path=state.db"], ["state", "forget", "%", "--state.path=state.db"],
        ["backfill", "--start=%"],
    ].map { $0.map { $0.replacing("%", with: privateToken) } }

    /// What these runs write, with their arguments.
    private func written(by runs: [[String]], in workspace: TemporaryDirectory) throws -> [(name: String, text: String)]
    {
        var texts: [(String, String)] = []
        for arguments in runs {
            let program = try RunningProgram("darktrace-exporter", arguments, directory: workspace.url)
            _ = try program.exitStatus()
            texts.append((arguments.joined(separator: " "), program.text + program.log))
        }
        return texts
    }

    /// Appliances that answer with the request that they got, directly and through a proxy, and one without a token.
    private func configuration(_ address: String) -> String {
        func appliance(_ name: String, _ secret: String, _ more: String = "") -> String {
            "  - {name: \(name), url: 'http://\(address)', public_token: \(Self.publicToken), \(secret)\(more)}\n"
        }
        let proxy = ", proxy_url: 'http://user:\(Self.proxyPassword)@\(address)'"
        return "global: {poll_interval: 1s, poll_timeout: 5s, requests_per_minute: 6000}\nappliances:\n"
            + appliance("echo", "private_token: \(Self.privateToken)")
            + appliance("proxied", "private_token: \(Self.privateToken)", proxy)
            + appliance("filed", "private_token_file: token") + appliance("lost", "private_token_file: .")
    }

    /// A server that answers with the header fields and the target of each request, as error pages of gateways do.
    private static func echo() throws -> (Server, address: String) {
        let names: [StaticString] = ["DTAPI-Token", "DTAPI-Signature", "DTAPI-Date", "Proxy-Authorization"]
        let server = try Server(
            ServerConfiguration(addresses: [try ListenAddress(parsing: "127.0.0.1:0")])
        ) { request in
            let text = names.map { "\($0)=\(request.values(of: $0).joined())" }.joined(separator: " ")
            return Response(status: 500, headers: [], body: .buffers([SharedBuffer(Array(text.utf8))]))
        }
        return (server, "127.0.0.1:\(try #require(server.boundAddresses.first?.port))")
    }
}
