/// Decides what of a user's own text may be repeated in a message.
///
/// A token can land in any wrong place (as a name, in place of a file, as a key), so a text is hidden when it holds a
/// secret that was given elsewhere, or when it looks like a token.
struct Redaction {
    private var secrets: [String] = []
    private static let longest = 60

    init() {}

    /// Hides this text from now on, wherever it comes up.
    mutating func hide(_ secret: String) {
        if !secret.isEmpty { secrets.append(secret) }
    }

    /// The text in double quotes, on one line, cut; or a stand-in for one that must not be shown.
    func shown(_ text: String) -> String {
        isSecret(text) ? "<hidden, \(text.count) characters>" : "\"\(Self.oneLine(text))\""
    }

    /// Like `shown`, without quotes; nil for a text that must not be shown.
    func bare(_ text: String) -> String? { isSecret(text) ? nil : Self.oneLine(text) }

    private func isSecret(_ text: String) -> Bool {
        // A short secret would hide innocent texts that happen to contain it.
        secrets.contains { $0 == text || ($0.utf8.count >= 4 && text.contains($0)) } || Self.looksLikeToken(text)
    }

    /// Twenty letters and digits in a row with a digit among them: no word, path or address has that.
    private static func looksLikeToken(_ text: String) -> Bool {
        var run = 0
        var digits = 0
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39:
                run += 1
                digits += 1
            case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "="): run += 1
            default: (run, digits) = (0, 0)
            }
            if run >= 20 && digits > 0 { return true }
        }
        return false
    }

    /// Control, format and separator characters as their code, so that nothing breaks or reorders a line.
    static func oneLine(_ text: String, limit: Int = longest) -> String {
        var line = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < limit else { return line + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
