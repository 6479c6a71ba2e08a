/// The decoded parameters of a request, in their order.
struct QueryItems: Sendable {
    private let items: [(name: String, value: String)]

    /// Parses a query as sent, without its `?`.
    init(_ raw: String?) {
        items = (raw ?? "").utf8.split(separator: UInt8(ascii: "&")).map { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
        }
    }

    /// The value of the first parameter of this name.
    subscript(_ name: String) -> String? { items.first { $0.name == name }?.value }

    /// The names of all parameters, in their order.
    var names: [String] { items.map(\.name) }

    /// The values of all parameters of this name.
    func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// A boolean; appliances accept the lower-case words only.
    func bool(_ name: String, default fallback: Bool) throws(InputError) -> Bool {
        switch self[name] {
        case nil: return fallback
        case "true": return true
        case "false": return false
        default: throw InputError()
        }
    }

    /// A whole number.
    func integer(_ name: String) throws(InputError) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let value = Int64(text) else { throw InputError() }
        return value
    }

    /// Percent-decodes, with `+` for a space; an invalid escape is copied.
    static func decoded(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                rest.prefix(2).allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// An invalid parameter, answered with `INPUT ERROR`.
struct InputError: Error {}
