import Configuration
package import HTTPServer

/// Who gets in, and what every answer carries: one good state of the web configuration.
package struct WebAuth: Sendable {
    /// The bcrypt hash of each user; empty lets everybody in.
    let users: [String: Secret]
    /// Added to every answer, in place of the answer's own of the same name.
    let headers: [(name: String, value: String)]
    /// For the handshakes from now on; nil is plain HTTP.
    package let credentials: TLSCredentials?

    /// Throws `ServerError` when the certificates cannot be used.
    init(_ configuration: WebConfiguration) throws(ServerError) {
        users = configuration.users
        headers = configuration.headers.map { ($0.name, $0.value) }
        credentials = if let tls = configuration.tls { try TLSCredentials(TLSSettings(tls)) } else { nil }
    }
}
