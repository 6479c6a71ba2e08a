/// The date formats that appliances accept, depending on the version.
package enum DateForm: String, Sendable, CaseIterable {
    /// `2026-01-15 09:30:00`
    case spaced
    /// `20260115T093000`
    case compact
    /// `2026-01-15T09:30:00.123456+00:00`, the fraction and the offset optional, or `Z`.
    case iso8601

    /// The format of a text and its instant in milliseconds since 1970; nil for no known format.
    static func read(_ text: String) -> (form: DateForm, milliseconds: Int64)? {
        let bytes = Array(text.utf8)
        for form in allCases {
            if let milliseconds = form.milliseconds(bytes) { return (form, milliseconds) }
        }
        return nil
    }

    private func milliseconds(_ bytes: [UInt8]) -> Int64? {
        switch self {
        case .spaced: Self.match(bytes, "0000-00-00 00:00:00")
        case .compact: Self.match(bytes, "00000000T000000")
        case .iso8601: Self.iso8601(bytes)
        }
    }

    /// The instant of a text with this pattern, in which `0` matches any digit.
    private static func match(_ bytes: [UInt8], _ pattern: StaticString) -> Int64? {
        let expected = Array("\(pattern)".utf8)
        guard bytes.count == expected.count else { return nil }
        var digits: [Int] = []
        for (byte, wanted) in zip(bytes, expected) {
            if wanted == UInt8(ascii: "0") {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                digits.append(Int(byte - UInt8(ascii: "0")))
            } else if byte != wanted {
                return nil
            }
        }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        return CivilTime(number(0..<4), number(4..<6), number(6..<8), number(8..<10), number(10..<12), number(12..<14))?
            .milliseconds
    }

    private static func iso8601(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count >= 19, let instant = match(Array(bytes[..<19]), "0000-00-00T00:00:00") else { return nil }
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty else { return nil }
            let thousandths = (Array(digits.prefix(3)) + Array("000".utf8)).prefix(3)
            fraction = thousandths.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            rest = rest.dropFirst(digits.count + 1)
        }
        guard let offset = offsetMinutes(Array(rest)) else { return nil }
        return instant + fraction - Int64(offset) * 60_000
    }

    /// Minutes east of UTC from `Z`, `+01:00` or nothing.
    private static func offsetMinutes(_ bytes: [UInt8]) -> Int? {
        if bytes.isEmpty || bytes == [UInt8(ascii: "Z")] { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            let sign = ["+": 1, "-": -1][String(UnicodeScalar(bytes[0]))],
            let hours = Int(String(decoding: bytes[1...2], as: UTF8.self)), (0...14).contains(hours),
            let minutes = Int(String(decoding: bytes[4...5], as: UTF8.self)), (0...59).contains(minutes)
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
