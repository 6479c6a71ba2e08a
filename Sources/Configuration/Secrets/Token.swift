import Values

/// The rules for a public or private token, wherever it was written.
enum Token {
    /// In bytes; known tokens have 40.
    static let sizeLimit = 4_096

    /// The token without white space around it.
    ///
    /// Only visible ASCII is let through: the public token goes into a header, where a line break would begin another.
    static func checked(_ bytes: some BidirectionalCollection<UInt8>) throws(ValidationError) -> Secret {
        var rest = bytes[...]
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        guard !rest.isEmpty else { throw ValidationError("holds no token") }
        guard rest.count <= sizeLimit else { throw ValidationError("holds a token of more than \(sizeLimit) bytes") }
        guard rest.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("holds something other than a token; a token is visible ASCII without spaces")
        }
        return Secret(String(decoding: rest, as: UTF8.self))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
