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
    /// The cipher suites in order of preference; empty for the defaults of GnuTLS.
    ///
    /// GnuTLS does not distinguish them by version: a cipher that is named for TLS 1.2 is used with 1.3 as well.
    package var cipherSuites: [CipherSuite] = []
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
        // As in Go, such a list does not apply to TLS 1.3 alone.
        let suites = versions == [.tls13] && !cipherSuites.contains(where: \.hasCipherOfTLS13) ? [] : cipherSuites
        // GnuTLS selects the first version that both sides support, even if they have no cipher for it.
        for version in TLSVersion.allCases.reversed() where versions.contains(version) {
            guard version < .tls13 || suites.isEmpty || suites.contains(where: \.hasCipherOfTLS13) else { continue }
            words.append(version.priority)
        }
        if !suites.isEmpty {
            words += ["-KX-ALL"] + suites.compactMap(\.keyExchange).uniqued.map { "+\($0)" }
            words += ["-CIPHER-ALL"] + suites.map(\.cipher).uniqued.map { "+\($0)" }
            words += ["-MAC-ALL"] + suites.map(\.authentication).uniqued.map { "+\($0)" }
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

/// The parts of a name like `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` in the words of GnuTLS.
extension CipherSuite {
    /// Nil for a suite of TLS 1.3, where it is not part of the suite.
    fileprivate var keyExchange: String? {
        guard let end = rawValue.firstRange(of: "_WITH_")?.lowerBound else { return nil }
        return String(rawValue[..<end].dropFirst("TLS_".count).replacing("_", with: "-"))
    }

    fileprivate var cipher: String {
        let start = rawValue.firstRange(of: "_WITH_")?.upperBound ?? rawValue.firstRange(of: "TLS_")?.upperBound
        return rawValue[(start ?? rawValue.startIndex)...].split(separator: "_").dropLast().joined(separator: "-")
    }

    fileprivate var authentication: String { hasCipherOfTLS13 ? "AEAD" : "SHA1" }
}

extension [String] {
    /// The first of each, in their order.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
