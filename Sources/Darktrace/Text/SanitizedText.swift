/// Text from outside as one line that no log, terminal or page can misread.
package struct SanitizedText: Sendable, Equatable, CustomStringConvertible {
    package let description: String

    /// Escapes control, formatting and separator characters as `\u{…}`, and cuts after `limit` characters.
    ///
    /// - Parameter secrets: Texts that are replaced first wherever they stand, because a page that reports an error
    ///   may repeat the request.
    package init(_ text: String, limit: Int = 160, hiding secrets: [String] = []) {
        // Byte by byte: to Swift, an accent that follows makes another character of a secret's last one.
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
