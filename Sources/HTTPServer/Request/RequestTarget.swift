/// A request target as it came over the wire, split but not decoded.
struct RequestTarget: Equatable {
    let path: String
    let query: String?

    /// Splits at the first `?`; of the absolute form (`http://host/path`) only what follows the authority counts.
    init(_ raw: String) {
        var rest = raw[...]
        if let scheme = rest.utf8.firstIndex(of: UInt8(ascii: ":")), rest[scheme...].hasPrefix("://"),
            !rest.hasPrefix("/")
        {
            let authority = rest[scheme...].dropFirst(3)
            let end = authority.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
            rest = authority[(end ?? authority.endIndex)...]
        }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = rest[..<(mark ?? rest.endIndex)]
        self.path = path.isEmpty ? "/" : String(path)
        query = mark.map { String(rest[$0...].dropFirst()) }
    }

    /// The decoded value of the first query parameter of this name; empty when it stands without `=`.
    func parameter(_ name: String) -> String? {
        guard let query else { return nil }
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            if let key = parts.first, Self.decoded(key) == name {
                return parts.count > 1 ? Self.decoded(parts[1]) : ""
            }
        }
        return nil
    }

    /// Percent-decodes, with `+` for a space; a broken escape stands for itself, broken UTF-8 is repaired.
    private static func decoded(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let value = hexadecimal(rest.prefix(2)) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digits: Substring.UTF8View) -> UInt8? {
        // `UInt8(_:radix:)` would also take a sign.
        guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
