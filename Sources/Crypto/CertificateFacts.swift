import CGnuTLS

/// Facts about a certificate that a peer presented.
package struct CertificateFacts: Sendable, Equatable {
    /// The expiry in Unix seconds; nil when it cannot be read.
    package let expirySeconds: Int64?
    /// The start of the validity in Unix seconds; nil when it cannot be read.
    package let activationSeconds: Int64?
    /// The distinguished names, such as `CN=Company Issuing 7,O=Company`.
    package let subject: String
    package let issuer: String
    /// Whether the certificate has a subjectAltName.
    package let hasAlternativeNames: Bool
    private let pem: String

    /// Reads the first certificate of a PEM text.
    ///
    /// The corresponding C function is `gnutls_x509_crt_import`.
    ///
    /// - Throws: `CryptoError` when there is none.
    package init(pem: String) throws(CryptoError) {
        let certificate = try Certificate.reading(pem: pem)
        expirySeconds = certificate.expirySeconds
        activationSeconds = certificate.activationSeconds
        subject = try unsafe certificate.name(gnutls_x509_crt_get_dn2)
        issuer = try unsafe certificate.name(gnutls_x509_crt_get_issuer_dn2)
        hasAlternativeNames = certificate.hasAlternativeNames
        self.pem = pem
    }

    /// Whether the certificate is for this host name or address.
    ///
    /// The corresponding C function is `gnutls_x509_crt_check_hostname`.
    package func isValid(for host: String) -> Bool {
        guard let certificate = try? Certificate.reading(pem: pem) else { return false }
        return unsafe gnutls_x509_crt_check_hostname(certificate.handle, host) != 0
    }

    /// The earliest expiry in the path from the first certificate of `chain` to its root, in Unix seconds.
    ///
    /// Servers also send certificates that the path does not need, such as an expired cross-signed root.
    ///
    /// - Parameter verifiedAt: The time of a successful verification: what had expired then was not needed.
    package static func expiry(of chain: [CertificateFacts], verifiedAt: Int64? = nil) -> Int64? {
        var path: [CertificateFacts] = []
        var next = chain.first
        while let current = next, path.count < chain.count {
            path.append(current)
            next = chain.first { $0.subject == current.issuer && !path.contains($0) }
        }
        return path.compactMap(\.expirySeconds).filter { expiry in verifiedAt.map { expiry >= $0 } ?? true }.min()
    }
}
