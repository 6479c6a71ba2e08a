/// Who a server is in TLS; never prints its key.
package struct TLSIdentity: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let certificatePEM: String
    let keyPEM: String

    /// Takes a certificate chain, the server's own first, and its private key, both in PEM form.
    package init(certificatePEM: String, keyPEM: String) {
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    /// Says only that there is one.
    package var description: String { "TLSIdentity(…)" }
    /// Says only that there is one.
    package var debugDescription: String { description }
    /// Shows nothing to `dump`.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
