/// Which families a scrape is for.
package enum ScrapeScope: Hashable, Sendable {
    /// Those of all appliances and of the exporter itself.
    case everything
    /// Those of some appliances, sorted by name, without the exporter's own.
    case appliances([String])

    /// Whether it is for several appliances, chosen by name.
    var isCombination: Bool {
        if case .appliances(let names) = self { names.count > 1 } else { false }
    }

    /// Reads the query of a request: each parameter `appliance` names one; other parameters are ignored.
    init(query: String?) {
        var names: Set<String> = []
        for item in (query ?? "").utf8.split(separator: UInt8(ascii: "&"), maxSplits: Self.maxItems) {
            let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, Self.decoded(parts[0]) == "appliance" else { continue }
            names.insert(Self.decoded(parts[1]))
        }
        self = names.isEmpty ? .everything : .appliances(names.sorted())
    }

    /// More parameters than any scraper sends.
    private static let maxItems = 10_000

    /// Decodes the form encoding: `%41` is a byte, `+` a space; anything else stands for itself.
    private static func decoded(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
            if byte == UInt8(ascii: "%"), digits.count == 2 {
                bytes.append(UInt8(digits[0] * 16 + digits[1]))
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
