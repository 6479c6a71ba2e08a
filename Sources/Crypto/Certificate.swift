import CGnuTLS

/// An X.509 certificate that is owned; it stands for `gnutls_x509_crt_t`.
@safe
struct Certificate: ~Copyable {
    let handle: gnutls_x509_crt_t

    private init(owning handle: gnutls_x509_crt_t) { unsafe self.handle = handle }

    deinit { unsafe gnutls_x509_crt_deinit(handle) }

    /// An empty one, to be filled.
    static func empty() throws(CryptoError) -> Certificate {
        var made: gnutls_x509_crt_t?
        try unsafe CryptoError.check(gnutls_x509_crt_init(&made), "certificate")
        guard let made = unsafe made else { throw CryptoError("certificate", "out of memory") }
        return unsafe Certificate(owning: made)
    }

    /// Reads the first certificate of a PEM text.
    static func reading(pem: String) throws(CryptoError) -> Certificate {
        let certificate = try empty()
        let status = unsafe withDatum(pem) {
            unsafe gnutls_x509_crt_import(certificate.handle, $0, GNUTLS_X509_FMT_PEM)
        }
        try CryptoError.check(status, "certificate in PEM")
        return certificate
    }

    /// Reads a certificate as it is sent in a handshake.
    static func reading(der: gnutls_datum_t) throws(CryptoError) -> Certificate {
        let certificate = try empty()
        var der = unsafe der
        let status = unsafe gnutls_x509_crt_import(certificate.handle, &der, GNUTLS_X509_FMT_DER)
        try CryptoError.check(status, "certificate")
        return certificate
    }

    /// The SHA-256 of the whole certificate; nil when it cannot be computed.
    var fingerprint: [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 32)
        var size = bytes.count
        guard unsafe gnutls_x509_crt_get_fingerprint(handle, GNUTLS_DIG_SHA256, &bytes, &size) == 0 else { return nil }
        return bytes
    }

    /// The common name of the subject; nil without one.
    var commonName: String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        var size = bytes.count
        let status = unsafe gnutls_x509_crt_get_dn_by_oid(handle, GNUTLS_OID_X520_COMMON_NAME, 0, 0, &bytes, &size)
        return status == 0 ? String(decoding: bytes.prefix(size), as: UTF8.self) : nil
    }

    /// The end of its validity in Unix seconds; nil when it has none that can be read.
    var expirySeconds: Int64? {
        let seconds = unsafe gnutls_x509_crt_get_expiration_time(handle)
        return seconds == -1 ? nil : Int64(seconds)
    }

    /// The start of its validity in Unix seconds; nil when it cannot be read.
    var activationSeconds: Int64? {
        let seconds = unsafe gnutls_x509_crt_get_activation_time(handle)
        return seconds == -1 ? nil : Int64(seconds)
    }

    var hasAlternativeNames: Bool {
        var size = 0
        let status = unsafe gnutls_x509_crt_get_subject_alt_name(handle, 0, nil, &size, nil)
        return status != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE
    }

    /// The subject or the issuer, by the function of GnuTLS that returns it.
    func name(
        _ function: (gnutls_x509_crt_t?, UnsafeMutablePointer<gnutls_datum_t>?) -> Int32
    ) throws(CryptoError) -> String {
        var datum = unsafe gnutls_datum_t()
        let status = unsafe function(handle, &datum)
        return try unsafe takeText(&datum, status, "name in a certificate")
    }

    /// As PEM text.
    func pem() throws(CryptoError) -> String {
        var datum = unsafe gnutls_datum_t()
        let status = unsafe gnutls_x509_crt_export2(handle, GNUTLS_X509_FMT_PEM, &datum)
        return try unsafe takeText(&datum, status, "certificate to PEM")
    }
}

/// Lends a text to GnuTLS.
func withDatum(_ text: String, _ body: (UnsafePointer<gnutls_datum_t>) -> Int32) -> Int32 {
    unsafe withDatum(Array(text.utf8), body)
}

/// Lends bytes to GnuTLS.
func withDatum(_ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Int32) -> Int32 {
    var bytes = bytes
    let count = UInt32(bytes.count)
    return unsafe bytes.withUnsafeMutableBufferPointer { buffer in
        var datum = unsafe gnutls_datum_t(data: buffer.baseAddress, size: count)
        return unsafe body(&datum)
    }
}

/// Copies a text that GnuTLS has allocated, and frees it there.
func takeText(_ datum: inout gnutls_datum_t, _ status: Int32, _ action: String) throws(CryptoError) -> String {
    try CryptoError.check(status, action)
    let bytes = unsafe UnsafeBufferPointer(start: datum.data, count: Int(datum.size))
    let text = unsafe String(decoding: bytes, as: UTF8.self)
    // The function that frees is a variable in C, because an application may replace it.
    unsafe gnutls_free_datum(&datum)
    return text
}

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
