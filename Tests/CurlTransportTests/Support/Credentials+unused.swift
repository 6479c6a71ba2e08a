import Darktrace

extension Credentials {
    /// Tokens that no server of these tests verifies. They have the usual length, because what looks like a token is
    /// hidden in every message.
    static let unused = Credentials(
        publicToken: String(repeating: "a1", count: 20), privateToken: String(repeating: "b2", count: 20))
}
