package import Values

/// The certificate and private key of a server; never printed.
package struct TLSIdentity: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let certificatePEM: String
    let keyPEM: String

    /// Takes a certificate chain, starting with the server's own, and its private key, both in PEM form.
    package init(certificatePEM: String, keyPEM: String) {
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    /// A fixed text.
    package var description: String { "TLSIdentity(…)" }
    /// A fixed text.
    package var debugDescription: String { description }
    /// Empty, for `dump`.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The TLS settings of a server.
package struct TLSSettings: Sendable {
    /// The certificate and its key.
    package var identity: TLSIdentity
    /// The accepted versions.
    package var versions: Set<TLSVersion> = [.tls12, .tls13]
    /// The groups for the key exchange in order of preference; empty for the defaults of GnuTLS.
    package var groups: [Group] = []
    /// Whether the server's order of ciphers is used, not the client's.
    package var prefersOwnCiphers = false
    /// Which clients are accepted.
    package var clients = Clients.all

    /// TLS 1.2 and 1.3 for all clients.
    package init(_ identity: TLSIdentity) { self.identity = identity }

    /// A group for the key exchange.
    package enum Group: Sendable { case x25519, p256, p384, p521 }

    /// Which clients are accepted, by their certificates.
    package enum Clients: Sendable {
        /// No certificate is requested.
        case all
        /// A certificate is requested but not verified.
        case requested(isRequired: Bool)
        /// A certificate must be valid for a client, signed by one of these authorities (PEM; nil is the
        /// trust store of the system), and have one of these
        /// alternative names (host name, address, e-mail, URI) if any are given.
        case verified(authoritiesPEM: String?, names: [String], isRequired: Bool)
    }

    /// The priority string for `gnutls_priority_init`.
    var priorities: String {
        var words = ["NORMAL", "-VERS-ALL"]
        // GnuTLS selects the first version that both sides support.
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
