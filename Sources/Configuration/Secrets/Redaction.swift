/// Decides what of a user's own text may be repeated in a message.
///
/// A token can be pasted into any wrong place: a name, a path, a key, a flag. A text is hidden when it contains a secret
/// that is known from elsewhere or, unless it is a path, when it looks like a token.
struct Redaction: Sendable {
    private var secrets: [String] = []

    init() {}

    /// Hides this text from now on, wherever it appears.
    mutating func hide(_ secret: some StringProtocol) {
        var inner = Substring(secret)
        while inner.first?.isWhitespace == true { inner.removeFirst() }
        while inner.last?.isWhitespace == true { inner.removeLast() }
        if !inner.isEmpty { secrets += [String(secret), String(inner)] }
    }

    /// A value in double quotes, on one line, or its replacement; valid values have at most 24 characters.
    func shown(_ value: String) -> String {
        value.count > 24 || isSecret(value) || TokenDetector.isFound(in: value)
            ? Self.replacement(of: value) : "\"\(Self.oneLine(value))\""
    }

    /// A name in double quotes, on one line, or its replacement.
    func shownWhole(_ name: String) -> String {
        isSecret(name) || TokenDetector.isFound(in: name)
            ? Self.replacement(of: name) : "\"\(Self.oneLine(name, limit: 4_096))\""
    }

    /// A path in double quotes, on one line and in full, unless it contains a known secret or is a token, not a path.
    func shownPath(_ path: String) -> String {
        isSecret(path) || (TokenDetector.isFound(in: path) && !Self.isPath(path))
            ? Self.replacement(of: path) : "\"\(Self.oneLine(path, limit: 4_096))\""
    }

    /// A key, a flag or a command without quotes; nil for what must not be shown. Valid ones have at most 32 characters.
    func word(_ text: some StringProtocol) -> String? {
        let text = String(text)
        return text.isEmpty || text.count > 32 || isSecret(text) || TokenDetector.isFound(in: text)
            || TokenDetector.isPassword(text) ? nil : Self.oneLine(text)
    }

    private static func replacement(of text: String) -> String { "<hidden text of \(text.count) characters>" }

    private func isSecret(_ text: String) -> Bool {
        // A short secret would hide innocent texts that happen to contain it.
        secrets.contains { $0 == text || ($0.utf8.count >= 4 && text.contains($0)) }
    }

    /// Whether a text is written like a path: with an extension at its end, or from a directory to a name that is not
    /// itself like a token. A token that was pasted as a path ends like one, also below the directory of the file.
    private static func isPath(_ text: String) -> Bool {
        let name = text.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? text
        guard !name.contains("="), !name.contains("+") else { return false }
        if let dot = name.lastIndex(of: "."), dot > name.startIndex {
            let end = name[dot...].dropFirst()
            if (1...8).contains(end.count), end.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) { return true }
        }
        return ["/", "./", "../", "~/"].contains(where: text.hasPrefix) && !TokenDetector.isFound(in: name)
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

/// Distinguishes tokens and passwords from words and addresses.
enum TokenDetector {
    /// Whether the text contains twenty letters and digits in a row with a digit among them, or a UUID.
    static func isFound(in text: String) -> Bool {
        var plain = Run()
        var hexadecimal = Run()
        for byte in text.utf8 {
            let isDigit = (0x30...0x39).contains(byte)
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66:
                plain.add(isDigit)
                hexadecimal.add(isDigit)
            case 0x47...0x5A, 0x67...0x7A, UInt8(ascii: "+"), UInt8(ascii: "="):
                plain.add(isDigit)
                hexadecimal = Run()
            case UInt8(ascii: "-"):
                plain = Run()
                hexadecimal.add(false)
            default: (plain, hexadecimal) = (Run(), Run())
            }
            if plain.reaches(20) || hexadecimal.reaches(36) { return true }
        }
        return false
    }

    /// Whether a text of at least eight characters mixes three of: lower case, upper case, digits, other characters.
    ///
    /// No key, flag or command does; `-`, `_` and `.` do not count.
    static func isPassword(_ text: String) -> Bool {
        guard text.utf8.count >= 8 else { return false }
        var kinds: Set<Int> = []
        for byte in text.utf8 {
            switch byte {
            case 0x61...0x7A: kinds.insert(0)
            case 0x41...0x5A: kinds.insert(1)
            case 0x30...0x39: kinds.insert(2)
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): break
            default: kinds.insert(3)
            }
        }
        return kinds.count >= 3
    }

    private struct Run {
        private var length = 0
        private var hasDigit = false

        mutating func add(_ isDigit: Bool) {
            length += 1
            hasDigit = hasDigit || isDigit
        }

        func reaches(_ least: Int) -> Bool { length >= least && hasDigit }
    }
}

extension Unicode.Scalar {
    /// Whether the character is visible and keeps its place in a line.
    var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
