import Crypto
import Darktrace
import Values

/// What to do about a failed TLS connection, by libcurl's message and the certificates that the appliance presented.
struct TLSAdvice {
    let endpoint: Endpoint
    let message: String
    /// The presented certificates, the appliance's own first; empty if the handshake failed before.
    let chain: [CertificateFacts]
    /// Unix seconds.
    let now: Int64

    /// Nil when the general hint is the best one.
    var hint: Hint? {
        if let failure = HandshakeFailure(message: message) { return hint(failure) }
        guard let certificate = chain.first else { return nil }
        if chain.contains(where: { ($0.activationSeconds ?? 0) > now }) {
            return "check the clock of this machine: by it, the certificate is not valid yet"
        }
        if (CertificateFacts.expiry(of: chain) ?? now) < now {
            return "renew the expired certificate on the appliance"
        }
        let name = endpoint.tls.serverName ?? endpoint.host
        if !certificate.isValid(for: name) { return nameHint(certificate, name) }
        let issuer = SanitizedText(certificate.issuer)
        if certificate.issuer == certificate.subject {
            return """
                the certificate is self-signed: put it into \(setting: "ca_file"), or set \(setting: "fingerprint") to \
                \(fingerprint(certificate)), if it is the appliance's
                """
        }
        return "put the CA certificate \"\(issuer)\", which issued the appliance's, into \(setting: "ca_file")"
    }

    private func nameHint(_ certificate: CertificateFacts, _ name: String) -> Hint {
        let host = SanitizedText(name)
        if certificate.hasAlternativeNames {
            return """
                the certificate is for other names: write one of them in \(setting: "url"), or set \
                \(setting: "server_name") to it
                """
        }
        return """
            the certificate has no subjectAltName for \(host): set \(setting: "fingerprint") to \
            \(fingerprint(certificate)) if it is the appliance's, or put the certificate itself into \
            \(setting: "ca_file") and set \(setting: "server_name") to \
            \(SanitizedText(certificate.commonName ?? "its common name"))
            """
    }

    private func fingerprint(_ certificate: CertificateFacts) -> SanitizedText {
        SanitizedText(certificate.fingerprint.map(CertificatePin.text) ?? "its SHA-256")
    }

    private func hint(_ failure: HandshakeFailure) -> Hint {
        switch failure {
        case .closed:
            """
            the connection ended during the TLS handshake: check the port in \(setting: "url"), and firewalls and \
            proxies on the path
            """
        case .notTLS: "the port does not speak TLS: check the port in \(setting: "url")"
        case .version:
            """
            the appliance and \(setting: "min_version") have no TLS version in common: update the appliance, or lower \
            \(setting: "min_version")
            """
        case .clientCertificate:
            "the appliance requires a client certificate: set \(setting: "cert_file") and \(setting: "key_file")"
        case .refused where endpoint.tls.certFile == nil:
            """
            the appliance ended the TLS connection: set \(setting: "cert_file") and \(setting: "key_file") if it \
            requires a client certificate, or lower \(setting: "min_version") if it is old
            """
        case .refused:
            """
            the appliance refused the client certificate: check that \(setting: "cert_file") has not expired, and that \
            the appliance trusts its issuer
            """
        }
    }
}
