import CGnuTLS

/// The HMAC-SHA1 of `message` under `key`: 20 bytes.
///
/// The corresponding C function is `gnutls_hmac_fast`.
///
/// - Throws: `CryptoError`, which is out of memory or a library that forbids the algorithm.
package func hmacSHA1(key: [UInt8], message: [UInt8]) throws(CryptoError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    let status = unsafe gnutls_hmac_fast(GNUTLS_MAC_SHA1, key, key.count, message, message.count, &digest)
    try CryptoError.check(status, "HMAC-SHA1")
    return digest
}
