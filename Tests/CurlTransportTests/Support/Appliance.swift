import Crypto
import CurlTransport
import Foundation
import HTTPServer
import Values

/// A server over TLS with a certificate of its own, and where the files are that a client needs.
final class Appliance: Sendable {
    let server: Server
    let port: Int
    let certificate: TestCertificate
    let authorityFile: String

    init(_ certificate: TestCertificate? = nil, handler: @escaping Handler = Appliance.list) throws {
        let certificate = try certificate ?? TestCertificate()
        self.certificate = certificate
        authorityFile = try Self.file(certificate.authorityPEM)
        let configuration = ServerConfiguration(
            addresses: [try ListenAddress(parsing: "127.0.0.1:0")],
            identity: TLSIdentity(certificatePEM: certificate.chainPEM, keyPEM: certificate.keyPEM))
        server = try Server(configuration, handler: handler)
        port = Int(server.boundAddresses.first?.port ?? 0)
    }

    deinit {
        server.stop(graceSeconds: 0)
        try? FileManager.default.removeItem(atPath: authorityFile)
    }

    /// Where it is, trusted by its own authority.
    func endpoint(host: String = "127.0.0.1", _ change: (inout Endpoint) -> Void = { _ in }) -> Endpoint {
        var endpoint = Endpoint(isSecure: true, host: host, port: port, tls: .init(caFile: authorityFile))
        change(&endpoint)
        return endpoint
    }

    static let list: Handler = { _ in
        Response(
            status: 200, headers: [("Content-Type", "application/json")],
            body: .buffers([SharedBuffer(Array("[{}]".utf8))]))
    }

    /// Writes a text to a new file.
    static func file(_ text: String) throws -> String {
        let path = NSTemporaryDirectory() + "/curl-transport-\(UUID().uuidString).pem"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
