package import Values

/// How the pages are served over TLS; every file is read already.
package struct ServerTLS: Sendable, Equatable {
    /// The server's chain, its own certificate first, in PEM form.
    package var certificatePEM: String
    /// Its private key in PEM form.
    package var keyPEM: Secret
    /// The oldest protocol that is spoken.
    package var minVersion = TLSVersion.tls12
    /// The newest protocol that is spoken.
    package var maxVersion = TLSVersion.tls13
    /// The groups for the key exchange, the best first; empty leaves them to the library.
    package var curves: [Curve] = []
    /// Whether the server's order of ciphers counts, not the client's.
    package var prefersOwnCiphers = true
    /// What is asked of a client's certificate.
    package var clientAuth = ClientAuth.none
    /// Who may sign client certificates, in PEM form.
    package var clientAuthorityPEM: String?
    /// A client's certificate must carry one of these as a host name, address, e-mail or URI; empty allows all.
    package var clientAllowedSANs: [String] = []

    /// A server with this identity and the default values.
    package init(certificatePEM: String, keyPEM: Secret) {
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    /// Groups as Go writes them.
    package enum Curve: String, Sendable, CaseIterable {
        case x25519 = "X25519"
        case p256 = "CurveP256"
        case p384 = "CurveP384"
        case p521 = "CurveP521"
    }

    /// What is asked of a client's certificate, as Go writes it.
    package enum ClientAuth: String, Sendable, CaseIterable {
        /// None is asked for.
        case none = "NoClientCert"
        /// One is asked for, and not looked at.
        case request = "RequestClientCert"
        /// Any will do, as long as there is one.
        case requireAny = "RequireAnyClientCert"
        /// One that is shown must be good.
        case verifyIfGiven = "VerifyClientCertIfGiven"
        /// There must be one, and it must be good.
        case requireAndVerify = "RequireAndVerifyClientCert"

        /// Whether a certificate is held against the authorities.
        package var verifies: Bool { self == .verifyIfGiven || self == .requireAndVerify }
    }
}
