package import Values

/// What a server shows and asks in TLS.
package struct TLSSettings: Sendable {
    /// Who the server is.
    package var identity: TLSIdentity
    /// The versions that are spoken.
    package var versions: Set<TLSVersion> = [.tls12, .tls13]
    /// The groups for the key exchange, the best first; empty leaves them to GnuTLS.
    package var groups: [Group] = []
    /// Whether the server's order of ciphers counts, not the client's.
    package var prefersOwnCiphers = false
    /// Which clients are let in.
    package var clients = Clients.all

    /// TLS 1.2 and 1.3 for everybody.
    package init(_ identity: TLSIdentity) { self.identity = identity }

    /// A group for the key exchange.
    package enum Group: Sendable { case x25519, p256, p384, p521 }

    /// Which clients are let in, by the certificates that they show.
    package enum Clients: Sendable {
        /// Nobody is asked for a certificate.
        case all
        /// Certificates are asked for, and not looked at.
        case asked(isRequired: Bool)
        /// A certificate that is shown must be good for a client, signed by one of these authorities (PEM), and carry
        /// one of these names (host name, address, e-mail, URI), if any are given.
        case verified(authoritiesPEM: String, names: [String], isRequired: Bool)
    }

    /// As `gnutls_priority_init` reads it.
    var priorities: String {
        var words = ["NORMAL", "-VERS-ALL"]
        // GnuTLS takes the first that both sides know.
        for version in TLSVersion.allCases.reversed() where versions.contains(version) {
            words.append(version.priority)
        }
        if !groups.isEmpty { words += ["-GROUP-ALL"] + groups.map(\.priority) }
        if prefersOwnCiphers { words.append("%SERVER_PRECEDENCE") }
        return words.joined(separator: ":")
    }
}

extension TLSVersion {
    fileprivate var priority: String {
        switch self {
        case .tls10: "+VERS-TLS1.0"
        case .tls11: "+VERS-TLS1.1"
        case .tls12: "+VERS-TLS1.2"
        case .tls13: "+VERS-TLS1.3"
        }
    }
}

extension TLSSettings.Group {
    fileprivate var priority: String {
        switch self {
        case .x25519: "+GROUP-X25519"
        case .p256: "+GROUP-SECP256R1"
        case .p384: "+GROUP-SECP384R1"
        case .p521: "+GROUP-SECP521R1"
        }
    }
}
