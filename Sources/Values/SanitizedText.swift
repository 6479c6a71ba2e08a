/// Text from outside as one line that no log, terminal or page can misread.
package struct SanitizedText: Sendable, Equatable, CustomStringConvertible {
    package let description: String

    /// Escapes control, format and separator characters as `\u{…}`, and truncates after `limit` characters.
    ///
    /// - Parameter secrets: Replaced by `<hidden>` first, because an error page may repeat the request.
    package init(_ text: String, limit: Int = 160, hiding secrets: Redaction = Redaction()) {
        var line = ""
        for (count, scalar) in secrets.applied(to: text).unicodeScalars.enumerated() {
            guard count < limit else {
                line += "…"
                break
            }
            if scalar.isVisible {
                line.unicodeScalars.append(scalar)
            } else {
                line += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        description = line
    }
}

extension Unicode.Scalar {
    /// Whether the character is visible and keeps its place in a line.
    package var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
