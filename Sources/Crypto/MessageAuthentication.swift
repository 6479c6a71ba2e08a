import CGnuTLS

/// The HMAC-SHA1 of `message` under `key`: 20 bytes.
///
/// The corresponding C function is `gnutls_hmac_fast`.
///
/// - Throws: `CryptoError`, which is out of memory or a library that forbids the algorithm.
package func hmacSHA1(key: [UInt8], message: [UInt8]) throws(CryptoError) -> [UInt8] {
    try hmac(GNUTLS_MAC_SHA1, size: 20, key: key, message: message, "HMAC-SHA1")
}

/// The HMAC-SHA256 of `message` under `key`: 32 bytes.
///
/// The corresponding C function is `gnutls_hmac_fast`.
///
/// - Throws: `CryptoError`, which is out of memory or a library that forbids the algorithm.
package func hmacSHA256(key: [UInt8], message: [UInt8]) throws(CryptoError) -> [UInt8] {
    try hmac(GNUTLS_MAC_SHA256, size: 32, key: key, message: message, "HMAC-SHA256")
}

private func hmac(
    _ algorithm: gnutls_mac_algorithm_t, size: Int, key: [UInt8], message: [UInt8], _ name: String
) throws(CryptoError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: size)
    let status = unsafe gnutls_hmac_fast(algorithm, key, key.count, message, message.count, &digest)
    try CryptoError.check(status, name)
    return digest
}

/// Unpredictable bytes.
///
/// The corresponding C function is `gnutls_rnd`.
///
/// - Throws: `CryptoError`, when the system has no randomness.
package func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try unsafe CryptoError.check(gnutls_rnd(GNUTLS_RND_KEY, &bytes, count), "random bytes")
    return bytes
}
