/// Decides what of a user's own text may be repeated in a message.
///
/// A token can land in any wrong place (as a name, in place of a file, as a key), so a text is hidden when it holds a
/// secret that was given elsewhere, when it looks like a token, or when it is longer than what belongs there.
struct Redaction {
    private var secrets: [String] = []

    init() {}

    /// Hides this text from now on, wherever it comes up.
    mutating func hide(_ secret: some StringProtocol) {
        var inner = Substring(secret)
        while inner.first?.isWhitespace == true { inner.removeFirst() }
        while inner.last?.isWhitespace == true { inner.removeLast() }
        if !inner.isEmpty { secrets += [String(secret), String(inner)] }
    }

    /// A value in double quotes, on one line, or a stand-in; nothing that can stand there is longer than 24 characters.
    func shown(_ value: String) -> String {
        value.count > 24 || isSecret(value) ? Self.standIn(for: value) : "\"\(Self.oneLine(value))\""
    }

    /// A path or a name in double quotes, on one line, or a stand-in.
    func shownWhole(_ path: String) -> String {
        isSecret(path) ? Self.standIn(for: path) : "\"\(Self.oneLine(path, limit: 4_096))\""
    }

    /// Like `shown` without quotes, for keys and flags, which have up to 32 characters; nil for what must not be shown.
    func word(_ text: some StringProtocol) -> String? {
        let text = String(text)
        return text.isEmpty || text.count > 32 || isSecret(text) ? nil : Self.oneLine(text)
    }

    private static func standIn(for text: String) -> String { "<hidden text of \(text.count) characters>" }

    private func isSecret(_ text: String) -> Bool {
        // A short secret would hide innocent texts that happen to contain it.
        secrets.contains { $0 == text || ($0.utf8.count >= 4 && text.contains($0)) } || TokenDetector.isFound(in: text)
    }

    /// Control, format and separator characters as their code, so that nothing breaks or reorders a line.
    static func oneLine(_ text: String, limit: Int = 60) -> String {
        var line = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < limit else { return line + "…" }
            if scalar.isVisible {
                line.unicodeScalars.append(scalar)
            } else {
                line += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return line
    }
}

extension Unicode.Scalar {
    /// Whether it shows, and shows where it stands.
    var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
