/// Text from outside as one line that no log, terminal or page can misread.
package struct SanitizedText: Sendable, Equatable, CustomStringConvertible {
    package let description: String

    /// Escapes control, format and separator characters as `\u{…}`, and truncates after `limit` characters.
    ///
    /// - Parameter secrets: Texts that are redacted first, because an error page may repeat the request.
    package init(_ text: String, limit: Int = 160, hiding secrets: [String] = []) {
        // Byte by byte: to Swift, a combining accent after a secret changes the secret's last character.
        var bytes = Array(text.utf8)
        for secret in secrets where !secret.isEmpty {
            bytes = bytes.replacing(Array(secret.utf8), with: Array("<hidden>".utf8))
        }
        var line = ""
        var count = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if count == limit {
                line += "…"
                break
            }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        description = line
    }
}

extension String {
    /// The longest prefix of at most `limit` bytes of UTF-8 that ends at a character boundary.
    ///
    /// A single character that is longer, such as a pile of accents, is truncated at a Unicode scalar boundary.
    func truncated(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var candidate = ""
        var fitting = 0
        for scalar in unicodeScalars {
            candidate.unicodeScalars.append(scalar)
            let length = candidate.utf8.count
            if length > limit { break }
            fitting = length
        }
        // The candidate includes the scalar that no longer fits, so that its last character is complete.
        var end = 0
        for character in candidate {
            let length = character.utf8.count
            if end + length > limit { break }
            end += length
        }
        return String(decoding: candidate.utf8.prefix(end > 0 ? end : fitting), as: UTF8.self)
    }
}
