/// JSON of a careless writer with the usual errors repaired: bytes that are not UTF-8, raw control characters and
/// unpaired surrogates in strings, and the `NaN` and `Infinity` of other languages, which become null as other numbers do
/// that JSON does not have. A number that is too large for a `Double` becomes a text.
struct SanitizedJSON {
    private(set) var bytes: [UInt8] = []

    init(_ broken: [UInt8]) {
        let source = Array(String(decoding: broken, as: UTF8.self).utf8)
        bytes.reserveCapacity(source.count)
        var index = 0
        var isInString = false
        while index < source.count {
            let byte = source[index]
            if byte == UInt8(ascii: "\"") {
                isInString.toggle()
                bytes.append(byte)
                index += 1
            } else if isInString {
                index = byte == UInt8(ascii: "\\") ? escape(in: source, at: index) : character(byte, at: index)
            } else {
                index = token(in: source, at: index)
            }
        }
    }

    /// Copies one byte of a string; a control character is escaped.
    private mutating func character(_ byte: UInt8, at index: Int) -> Int {
        if byte < 0x20 {
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        } else {
            bytes.append(byte)
        }
        return index + 1
    }

    /// Copies an escape sequence; an unpaired surrogate is replaced, and an unknown escape becomes its character.
    private mutating func escape(in source: [UInt8], at index: Int) -> Int {
        guard index + 1 < source.count else {
            bytes.append(source[index])
            return index + 1
        }
        guard source[index + 1] == UInt8(ascii: "u") else {
            if "\"\\/bfnrt".utf8.contains(source[index + 1]) {
                bytes.append(contentsOf: source[index...(index + 1)])
                return index + 2
            }
            return index + 1
        }
        let replacement = Array("\\ufffd".utf8)
        guard let unit = Self.codeUnit(in: source, at: index) else {
            bytes.append(contentsOf: replacement)
            return index + 2
        }
        if (0xD800...0xDBFF).contains(unit), let partner = Self.codeUnit(in: source, at: index + 6),
            (0xDC00...0xDFFF).contains(partner)
        {
            bytes.append(contentsOf: source[index..<(index + 12)])
            return index + 12
        }
        bytes.append(contentsOf: (0xD800...0xDFFF).contains(unit) ? replacement[...] : source[index..<(index + 6)])
        return index + 6
    }

    /// The value of an escape, `\u` and four hexadecimal digits; nil if there is none.
    private static func codeUnit(in source: [UInt8], at index: Int) -> UInt16? {
        guard index + 6 <= source.count, source[index] == UInt8(ascii: "\\"), source[index + 1] == UInt8(ascii: "u")
        else { return nil }
        let digits = source[(index + 2)..<(index + 6)]
        // `UInt16` would accept a sign.
        guard digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// Copies a number or another byte outside strings.
    private mutating func token(in source: [UInt8], at index: Int) -> Int {
        for word in ["NaN", "-Infinity", "Infinity", "-NaN"] where source[index...].starts(with: word.utf8) {
            bytes.append(contentsOf: "null".utf8)
            return index + word.utf8.count
        }
        let number = source[index...].prefix { "0123456789+-.eE".utf8.contains($0) }
        guard let first = number.first, first != UInt8(ascii: "e"), first != UInt8(ascii: "E") else {
            bytes.append(source[index])
            return index + 1
        }
        switch Self.magnitude(of: number) {
        case nil: bytes.append(contentsOf: "null".utf8)
        case .some(.infinity): bytes.append(contentsOf: [UInt8(ascii: "\"")] + number + [UInt8(ascii: "\"")])
        default: bytes.append(contentsOf: number)
        }
        return number.endIndex
    }

    /// The magnitude of a number of JSON; nil for anything else.
    private static func magnitude(of number: ArraySlice<UInt8>) -> Double? {
        let digits = number.first == UInt8(ascii: "-") ? number.dropFirst() : number
        let isZeroAhead = digits.first == UInt8(ascii: "0") && digits.dropFirst().first.map(isDigit) == true
        guard digits.first.map(isDigit) == true, !isZeroAhead else { return nil }
        // What JSON does not allow and `Double` does: a point without digits on both sides.
        for (byte, next) in zip(digits, digits.dropFirst() + [0]) where byte == UInt8(ascii: ".") && !isDigit(next) {
            return nil
        }
        return Double(String(decoding: digits, as: UTF8.self))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
