import CGnuTLS

/// A private key that is owned; it stands for `gnutls_x509_privkey_t`.
@safe
struct PrivateKey: ~Copyable {
    let handle: gnutls_x509_privkey_t

    private init(owning handle: gnutls_x509_privkey_t) { unsafe self.handle = handle }

    deinit { unsafe gnutls_x509_privkey_deinit(handle) }

    private static func empty() throws(CryptoError) -> PrivateKey {
        var made: gnutls_x509_privkey_t?
        try unsafe CryptoError.check(gnutls_x509_privkey_init(&made), "private key")
        guard let made = unsafe made else { throw CryptoError("private key", "out of memory") }
        return unsafe PrivateKey(owning: made)
    }

    /// A new key on the curve P-256.
    static func generated() throws(CryptoError) -> PrivateKey {
        let key = try empty()
        // What the macro GNUTLS_CURVE_TO_BITS makes of a curve.
        let curve = UInt32(1) << 31 | UInt32(GNUTLS_ECC_CURVE_SECP256R1.rawValue)
        try unsafe CryptoError.check(
            gnutls_x509_privkey_generate(key.handle, GNUTLS_PK_ECDSA, curve, 0), "making a private key")
        return key
    }

    /// Reads a PEM text.
    static func reading(pem: String) throws(CryptoError) -> PrivateKey {
        let key = try empty()
        let status = unsafe withDatum(pem) {
            unsafe gnutls_x509_privkey_import(key.handle, $0, GNUTLS_X509_FMT_PEM)
        }
        try CryptoError.check(status, "private key in PEM")
        return key
    }

    /// As PEM text: a secret.
    func pem() throws(CryptoError) -> String {
        var datum = unsafe gnutls_datum_t()
        let status = unsafe gnutls_x509_privkey_export2(handle, GNUTLS_X509_FMT_PEM, &datum)
        return try unsafe takeText(&datum, status, "private key to PEM")
    }
}
