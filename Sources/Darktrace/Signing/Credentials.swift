/// The token pair of one API user; it never prints.
package struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// Sent with every request, and in the string to sign.
    package let publicToken: String
    /// The key of the signature; it never leaves the process.
    package let privateToken: String

    package init(publicToken: String, privateToken: String) {
        self.publicToken = publicToken
        self.privateToken = privateToken
    }

    package var description: String { "<credentials>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
