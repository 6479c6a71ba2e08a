import CGnuTLS

/// A call that GnuTLS refused, as one line.
package struct CryptoError: Error, Equatable, CustomStringConvertible {
    /// What was tried, and on what.
    package let action: String
    /// The library's own words.
    package let detail: String

    package init(_ action: String, _ detail: String) {
        self.action = action
        self.detail = detail
    }

    package var description: String { "\(action): \(detail)" }

    /// Throws what a negative return code of GnuTLS means; the text is that of `gnutls_strerror`.
    static func check(_ status: Int32, _ action: @autoclosure () -> String) throws(CryptoError) {
        guard status < 0 else { return }
        throw unsafe CryptoError(
            action(), gnutls_strerror(status).map { unsafe String(cString: $0) } ?? "error \(status)")
    }
}
