import Crypto
import Foundation
import TestSupport

/// An exporter with a web configuration, asked by the real curl.
final class SecuredExporter: Sendable {
    let exporter: Exporter
    let workspace: TemporaryDirectory
    /// The CA certificate for clients.
    let server: TestCertificate
    /// Who may sign the certificates of clients.
    let clients: TestCertificate
    let speaksTLS: Bool

    /// Polls no reachable appliance: the pages are all that counts.
    init(_ web: String, arguments: [String] = []) throws {
        workspace = try TemporaryDirectory()
        server = try TestCertificate()
        clients = try TestCertificate(names: ["prometheus.example", "10.0.0.9"])
        speaksTLS = web.contains("tls_server_config")
        try workspace.writeIdentity(server)
        try workspace.write("server-ca.pem", server.authorityPEM)
        try workspace.write("clients.pem", clients.authorityPEM)
        try workspace.write("client.crt", clients.chainPEM)
        try workspace.write("client.key", clients.keyPEM)
        let file = try workspace.write("web.yml", web)
        exporter = try Exporter(
            workspace,
            "appliances: [{name: hq, url: 'http://127.0.0.1:1', public_token: a, private_token: b}]\n",
            arguments: ["--web.config.file=\(file)"] + arguments)
    }

    static let identity = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
    static func users(_ password: String = "geheim", cost: Int = 4) throws -> String {
        "basic_auth_users:\n  alice: \(try Bcrypt.hash(password, cost: cost))\n"
    }

    var url: String { "\(speaksTLS ? "https" : "http")://\(exporter.address)" }

    /// One request, trusting the server's authority alone.
    func get(_ path: String = "/metrics", user: String? = nil, with arguments: [String] = []) throws -> HTTP.Response {
        try HTTP.request(
            url + path,
            arguments: ["--cacert", workspace.path("server-ca.pem")] + (user.map { ["-u", $0] } ?? []) + arguments)
    }

    /// The status of one request; 0 without an answer.
    func status(_ path: String = "/metrics", user: String? = nil, with arguments: [String] = []) -> Int {
        (try? get(path, user: user, with: arguments))?.status ?? 0
    }

    /// Replaces the web configuration as an operator should: by a rename.
    func replace(_ web: String) throws {
        try workspace.write("web.new", web)
        guard rename(workspace.path("web.new"), workspace.path("web.yml")) == 0 else {
            throw WaitTimeout(what: "a rename", seen: String(cString: strerror(errno)))
        }
    }
}

extension TemporaryDirectory {
    /// Writes certificate and key under the names of `GuardedExporter.identity`.
    func writeIdentity(_ certificate: TestCertificate) throws {
        try write("server.crt", certificate.chainPEM)
        try write("server.key", certificate.keyPEM)
    }
}
