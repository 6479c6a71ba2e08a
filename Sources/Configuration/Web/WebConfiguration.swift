package import Values

/// What `--web.config.file` sets for the exporter's own pages.
package struct WebConfiguration: Sendable, Equatable {
    /// The file, as it was named.
    package var path: String
    /// Enables TLS if set.
    package var tls: ServerTLS?
    /// The users with the bcrypt hashes of their passwords; empty lets everyone in.
    package var users: [String: Secret] = [:]
    /// Whether the file says with an empty `basic_auth_users` that no password is needed, instead of leaving it out.
    package var declaresNoUsers = false
    /// Headers of every response, in the order of the file.
    package var headers: [Header] = []
    /// How many requests are answered; nil for no limit.
    package var rateLimit: RateLimit?

    /// A limit of the rate of requests.
    package struct RateLimit: Sendable, Equatable {
        /// The time between two requests in the long run, in seconds.
        package var intervalSeconds: Double
        /// How many requests may come at once.
        package var burst: Int

        /// The two as given, without any check.
        package init(intervalSeconds: Double, burst: Int) {
            self.intervalSeconds = intervalSeconds
            self.burst = burst
        }
    }

    /// A field of a response's header.
    package struct Header: Sendable, Equatable {
        /// One of five names, in their usual spelling.
        package var name: String
        /// One line.
        package var value: String

        /// The two as given, without any check.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// An empty file: plain HTTP for everyone.
    package init(path: String) { self.path = path }
}

/// How the pages are served over TLS, with the contents of all files.
package struct ServerTLS: Sendable, Equatable {
    /// The server's certificate and its intermediate certificates, in PEM form.
    package var certificatePEM: String
    /// Its private key in PEM form.
    package var keyPEM: Secret
    /// The oldest version of TLS that is accepted.
    package var minVersion = TLSVersion.tls12
    /// The newest version of TLS that is accepted.
    package var maxVersion = TLSVersion.tls13
    /// The groups for the key exchange in order of preference; empty leaves them to the library.
    package var curves: [Curve] = []
    /// The cipher suites in order of preference; empty leaves them to the library.
    package var cipherSuites: [CipherSuite] = []
    /// Whether the server's order of ciphers takes precedence over the client's.
    package var prefersOwnCiphers = true
    /// What is required of a client's certificate.
    package var clientAuth = ClientAuth.none
    /// Who may sign client certificates, in PEM form; nil is the system's trust store.
    package var clientAuthorityPEM: String?
    /// A client's certificate must contain one of these as a host name, address, e-mail or URI; empty allows all.
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

    /// What is required of a client's certificate, as Go writes it.
    package enum ClientAuth: String, Sendable, CaseIterable {
        /// None is requested.
        case none = "NoClientCert"
        /// One is requested, and not verified.
        case request = "RequestClientCert"
        /// One is required, and not verified.
        case requireAny = "RequireAnyClientCert"
        /// One that is sent must be valid.
        case verifyIfGiven = "VerifyClientCertIfGiven"
        /// One is required, and must be valid.
        case requireAndVerify = "RequireAndVerifyClientCert"

        /// Whether a certificate is verified.
        package var verifies: Bool { self == .verifyIfGiven || self == .requireAndVerify }
    }
}
