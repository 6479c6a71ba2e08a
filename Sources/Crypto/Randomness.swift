import CGnuTLS

/// Bytes that nobody can guess.
///
/// The corresponding C function is `gnutls_rnd`.
///
/// - Throws: `CryptoError`, when the system has no randomness.
package func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try unsafe CryptoError.check(gnutls_rnd(GNUTLS_RND_KEY, &bytes, count), "random bytes")
    return bytes
}
