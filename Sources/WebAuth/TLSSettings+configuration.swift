import Configuration
import HTTPServer
import Values

extension TLSSettings {
    /// The TLS settings of a web configuration.
    init(_ tls: ServerTLS) {
        self.init(TLSIdentity(certificatePEM: tls.certificatePEM, keyPEM: tls.keyPEM.revealed))
        versions = Set(TLSVersion.allCases.filter { (tls.minVersion...tls.maxVersion).contains($0) })
        groups = tls.curves.map(Group.init)
        cipherSuites = tls.cipherSuites
        prefersOwnCiphers = tls.prefersOwnCiphers
        clients = Clients(tls)
    }
}

extension TLSSettings.Group {
    fileprivate init(_ curve: ServerTLS.Curve) {
        switch curve {
        case .x25519: self = .x25519
        case .p256: self = .p256
        case .p384: self = .p384
        case .p521: self = .p521
        }
    }
}

extension TLSSettings.Clients {
    fileprivate init(_ tls: ServerTLS) {
        switch tls.clientAuth {
        case .none: self = .all
        case .request: self = .requested(isRequired: false)
        case .requireAny: self = .requested(isRequired: true)
        case .verifyIfGiven, .requireAndVerify:
            self = .verified(
                authoritiesPEM: tls.clientAuthorityPEM, names: tls.clientAllowedSANs,
                isRequired: tls.clientAuth == .requireAndVerify)
        }
    }
}
