import CGnuTLS

/// A certificate and its private key.
package enum KeyPair {
    /// Checks that a private key can be read and belongs to the first certificate; both are PEM text.
    ///
    /// The corresponding C function is `gnutls_certificate_set_x509_key_mem2`.
    ///
    /// - Throws: `CryptoError`, when one of them cannot be read or they do not match.
    package static func check(certificatePEM: String, keyPEM: String) throws(CryptoError) {
        var made: gnutls_certificate_credentials_t?
        try unsafe CryptoError.check(gnutls_certificate_allocate_credentials(&made), "key pair")
        guard let credentials = unsafe made else { throw CryptoError("key pair", "out of memory") }
        defer { unsafe gnutls_certificate_free_credentials(credentials) }
        let status = unsafe withDatum(certificatePEM) { certificate in
            unsafe withDatum(keyPEM) { key in
                unsafe gnutls_certificate_set_x509_key_mem2(
                    credentials, certificate, key, GNUTLS_X509_FMT_PEM, nil, 0)
            }
        }
        try CryptoError.check(status, "key pair")
    }
}
