import Crypto

/// The secrets that are known in one place, and the rules by which a message repeats text there.
///
/// Text from an appliance is repeated without the known secrets, as ``SanitizedText``. A user's own text is more: a token
/// can be pasted into any wrong place, such as a name, a path, a key or a flag. It is shown as it is, or not at all when
/// it contains a known secret or, unless it is a path, when it looks like a token.
package struct Redaction: Sendable {
    /// As bytes: to Swift, a combining accent after a secret changes the secret's last character.
    private var secrets: [[UInt8]] = []

    /// In bytes. Within a text, a shorter secret is not hidden: it would be legible from what is left of common words.
    private static let shortest = 4

    /// Hides these texts.
    package init(hiding secrets: [String] = []) {
        for secret in secrets { hide(secret) }
    }

    /// Hides this text from now on, wherever it appears.
    package mutating func hide(_ secret: some StringProtocol) {
        let bytes = Self.trimmed(String(secret).utf8)
        guard !bytes.isEmpty else { return }
        secrets.append(bytes)
        // One secret may be a part of another, of which the rest would stay.
        secrets.sort { $0.count > $1.count }
    }

    /// Hides what may be a password in a text that need not be a URL, as it is written, as it is meant, and as HTTP sends
    /// it.
    ///
    /// That is everything between the first colon after the scheme and the last `@`, or without such a colon everything
    /// between scheme and `@`. The user is shown: the user of a proxy is often the name of something else.
    package mutating func hidePassword(ofURL text: String) {
        guard let at = text.lastIndex(of: "@") else { return }
        let scheme = text[..<at].firstRange(of: "://")
        let user = text[(scheme?.upperBound ?? text.startIndex)..<at]
        let colon = user.firstIndex(of: ":")
        guard scheme != nil || colon != nil else { return }
        let password = colon.map { user[$0...].dropFirst() } ?? user
        hide(password)
        if let decoded = password.percentDecoded { hide(String(decoding: decoded, as: UTF8.self)) }
        if let sent = user.percentDecoded.flatMap(base64Encoded) { hide(sent) }
        // A short password is only hidden together with what is around it.
        if password.utf8.count < Self.shortest { hide("\(user)@") }
    }

    // MARK: Text from an appliance

    /// The text with `<hidden>` instead of each known secret, and of the start of a long one where the text was cut.
    func applied(to text: String) -> String {
        guard !secrets.isEmpty else { return text }
        let replacement = Array("<hidden>".utf8)
        var bytes = Array(text.utf8)
        let cut = secrets.lazy.flatMap { secret in (8..<max(8, secret.count)).reversed().map { secret.prefix($0) } }
        if let start = cut.first(where: { bytes.suffix($0.count).elementsEqual($0) }) {
            bytes = bytes.dropLast(start.count) + replacement
        }
        for secret in secrets where secret.count >= Self.shortest || secret == Self.trimmed(bytes) {
            bytes = bytes.replacing(secret, with: replacement)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: A user's text

    /// A value in double quotes, on one line, or its replacement; valid values have at most 24 characters.
    package func shown(_ value: String) -> String {
        quoted(value, limit: 60, isHidden: value.count > 24 || TokenDetector.isFound(in: value))
    }

    /// A name in double quotes, on one line, or its replacement.
    package func shownWhole(_ name: String) -> String {
        quoted(name, limit: 4_096, isHidden: TokenDetector.isFound(in: name))
    }

    /// A path in double quotes, on one line and in full, unless it contains a known secret or is a token, not a path.
    package func shownPath(_ path: String) -> String {
        quoted(path, limit: 4_096, isHidden: !Self.mayBePath(path))
    }

    /// Whether a text may be a path, and not a token in the place of one.
    package static func mayBePath(_ text: String) -> Bool {
        !TokenDetector.isFound(in: text) || TokenDetector.isPath(text)
    }

    /// A key, a flag or a command without quotes; nil for what must not be shown. Valid ones have at most 32 characters.
    package func word(_ text: some StringProtocol) -> String? {
        let text = String(text)
        return text.isEmpty || text.count > 32 || containsSecret(text) || TokenDetector.isFound(in: text)
            || TokenDetector.isPassword(text) ? nil : SanitizedText(text, limit: 60).description
    }

    private func quoted(_ text: String, limit: Int, isHidden: Bool) -> String {
        isHidden || containsSecret(text)
            ? "<hidden text of \(text.count) characters>" : "\"\(SanitizedText(text, limit: limit))\""
    }

    private func containsSecret(_ text: String) -> Bool {
        let bytes = Self.trimmed(text.utf8)
        return secrets.contains { $0 == bytes || ($0.count >= Self.shortest && bytes.contains($0)) }
    }

    /// Without the white space that YAML and files keep around a secret.
    private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return Array(bytes[first...last])
    }
}
