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
    /// The common name of the subject; nil without one.
    package let commonName: String?
    /// The SHA-256 of the whole certificate, as `openssl x509 -fingerprint -sha256` shows it.
    package let fingerprint: [UInt8]?
    private let pem: String

    /// Reads the first certificate of a PEM text.
    ///
    /// The corresponding C function is `gnutls_x509_crt_import`.
    ///
    /// - Throws: `CryptoError` when there is none.
    package init(pem: String) throws(CryptoError) {
        try self.init(Certificate.reading(pem: pem))
    }

    /// The certificate that the peer of a TLS session presented.
    ///
    /// The corresponding C function is `gnutls_certificate_get_peers`.
    ///
    /// - Parameter session: A `gnutls_session_t` after its handshake.
    /// - Returns: Nil if the peer presented none that can be read.
    package static func ofPeer(session: UnsafeMutableRawPointer) -> CertificateFacts? {
        var count: UInt32 = 0
        let chain = unsafe gnutls_certificate_get_peers(gnutls_session_t(session), &count)
        guard count > 0, let first = unsafe chain?.pointee else { return nil }
        return try? CertificateFacts(unsafe Certificate.reading(der: first))
    }

    /// Whether a PEM text is a certificate.
    package static func isReadable(pem: ArraySlice<UInt8>) -> Bool {
        (try? Certificate.reading(pem: String(decoding: pem, as: UTF8.self))) != nil
    }

    /// All certificates of a PEM text; those that cannot be read are left out.
    package static func all(pem: String) -> [CertificateFacts] {
        let begin = "-----BEGIN CERTIFICATE-----"
        return pem.split(separator: begin).compactMap { try? CertificateFacts(pem: begin + $0) }
    }

    private init(_ certificate: borrowing Certificate) throws(CryptoError) {
        expirySeconds = certificate.expirySeconds
        activationSeconds = certificate.activationSeconds
        subject = try unsafe certificate.name(gnutls_x509_crt_get_dn2)
        issuer = try unsafe certificate.name(gnutls_x509_crt_get_issuer_dn2)
        hasAlternativeNames = certificate.hasAlternativeNames
        commonName = certificate.commonName
        fingerprint = certificate.fingerprint
        pem = try certificate.pem()
    }

    /// Whether the validity contains this time, in Unix seconds.
    package func isValid(at now: Int64) -> Bool {
        (activationSeconds ?? .min) <= now && now <= (expirySeconds ?? .max)
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
