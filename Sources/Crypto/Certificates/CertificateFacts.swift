/// What is worth knowing of a certificate that somebody presented.
package struct CertificateFacts: Sendable, Equatable {
    /// The end of its validity in Unix seconds; nil when it has none that can be read.
    package let expirySeconds: Int64?

    /// Reads the first certificate of a PEM text.
    ///
    /// The corresponding C function is `gnutls_x509_crt_import`.
    ///
    /// - Throws: `CryptoError`, when there is none.
    package init(pem: String) throws(CryptoError) {
        expirySeconds = try Certificate.reading(pem: pem).expirySeconds
    }
}
