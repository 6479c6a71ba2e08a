import Values

/// Text that never prints.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself: for signatures and the proxy only.
    package let revealed: String

    /// Wraps the text.
    package init(_ text: String) { revealed = text }

    package var description: String { "<secret>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where a token comes from.
package enum SecretSource: Sendable, Equatable {
    /// Written in the configuration; already checked.
    case inline(Secret)
    /// Read for every poll, so that a rotated token needs no restart.
    case file(String)

    /// The token as it is now, trimmed and checked; reads the file if there is one.
    package func read() throws(SecretReadError) -> Secret {
        switch self {
        case .inline(let secret): return secret
        case .file(let path):
            do throws(ValidationError) {
                return try Token.checked(try FileContent(path: path, limit: Token.sizeLimit).bytes)
            } catch {
                throw SecretReadError(path: path, problem: error.description)
            }
        }
    }
}

/// A token file without a usable token.
package struct SecretReadError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, as configured.
    package let path: String
    /// What is wrong, without anything that the file contains.
    package let problem: String

    /// One line: the file, unless its name looks like a token, and what is wrong with it.
    package var description: String { "token file \(Redaction().shownPath(path)): \(problem)" }
}

/// The rules for a public or private token, in whatever place it is written.
enum Token {
    /// In bytes; known tokens have 40.
    static let sizeLimit = 4_096

    /// The token without white space around it.
    ///
    /// Only visible ASCII is accepted: the public token goes into a header, where a line break would start another one.
    static func checked(_ bytes: some BidirectionalCollection<UInt8>) throws(ValidationError) -> Secret {
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            throw ValidationError("is UTF-16 text; save it as UTF-8")
        }
        // Editors on Windows write a byte order mark before the text.
        var rest = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        guard !rest.isEmpty else { throw ValidationError("holds no token") }
        guard rest.count <= sizeLimit else { throw ValidationError("holds a token of more than \(sizeLimit) bytes") }
        guard rest.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("holds something other than a token; a token is visible ASCII without spaces")
        }
        return Secret(String(decoding: rest, as: UTF8.self))
    }

    /// What is odd about a token that can be sent but that no appliance issues; nil if nothing is.
    static func doubt(_ token: Secret) -> String? {
        let text = token.revealed
        if text.isQuoted { return "holds a token in quotes, which are sent as part of it; remove the quotes" }
        if text.contains("$") {
            return "holds a $: variables are not expanded here; write the token itself, or name a file with it"
        }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        return isPlain ? nil : "holds something that no token looks like: tokens are letters and digits; copy it again"
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension StringProtocol {
    /// Whether the text starts and ends with the same quotation mark, as values in container env files do by mistake.
    var isQuoted: Bool { utf8.count >= 2 && (first == "\"" || first == "'") && first == last }
}
