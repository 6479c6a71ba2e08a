import CGnuTLS

/// The bytes that a base64 text stands for; nil when it is none.
///
/// The corresponding C function is `gnutls_base64_decode2`.
package func base64Decoded(_ text: String) -> [UInt8]? {
    var result = unsafe gnutls_datum_t()
    let status = unsafe withDatum(text) { unsafe gnutls_base64_decode2($0, &result) }
    guard status == 0 else { return nil }
    defer { unsafe gnutls_free_datum(&result) }
    return unsafe Array(UnsafeBufferPointer(start: result.data, count: Int(result.size)))
}

/// The base64 text of bytes; nil when there is no memory for it.
///
/// The corresponding C function is `gnutls_base64_encode2`.
package func base64Encoded(_ bytes: [UInt8]) -> String? {
    var result = unsafe gnutls_datum_t()
    let status = unsafe withDatum(bytes) { unsafe gnutls_base64_encode2($0, &result) }
    guard status == 0 else { return nil }
    defer { unsafe gnutls_free_datum(&result) }
    return unsafe String(decoding: UnsafeBufferPointer(start: result.data, count: Int(result.size)), as: UTF8.self)
}
