// Numbers and escaping. Swift prints the shortest digits that round-trip, with exponents as Go writes them; special
// cases are non-finite values and whole numbers, which are cheaper to write as integers.

extension [UInt8] {
    /// Appends a sample's value: `3`, `0.25`, `1e-05`, `NaN`, `+Inf`, `-Inf`.
    mutating func append(number: Double) {
        // NaN is not below anything.
        guard number.magnitude < 0x1p53 else { return append(float: number) }
        let integer = Int(number)
        if Double(integer) == number { append(integer: integer) } else { append(float: number) }
    }

    /// Appends a bucket's bound as a canonical float, `1.0` and not `1`, in every format: otherwise one target would
    /// have two series for one bucket, depending on the format that was scraped.
    mutating func append(bound: Double) {
        guard bound.isFinite, bound.magnitude >= 1e6, bound.magnitude < 1e16 else {
            return append(float: bound)
        }
        // OpenMetrics' canonical form is Go's `%g`, which uses an exponent from a million on.
        var digits = Array(bound.magnitude.description.utf8)
        let point = digits.firstIndex(of: UInt8(ascii: ".")) ?? digits.count
        if point < digits.count { digits.remove(at: point) }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if bound < 0 { append(UInt8(ascii: "-")) }
        append(digits[0])
        if digits.count > 1 {
            append(UInt8(ascii: "."))
            append(contentsOf: digits.dropFirst())
        }
        append(contentsOf: point - 1 < 10 ? "e+0".utf8 : "e+".utf8)
        append(integer: point - 1)
    }

    private mutating func append(float: Double) {
        if float.isNaN {
            append(contentsOf: "NaN".utf8)
        } else if float.isInfinite {
            append(contentsOf: float < 0 ? "-Inf".utf8 : "+Inf".utf8)
        } else {
            append(contentsOf: float.description.utf8)
        }
    }

    /// Appends a whole number: `-3`.
    mutating func append(integer: Int) {
        var rest = integer.magnitude
        if integer < 0 { append(UInt8(ascii: "-")) }
        guard rest >= 10 else { return append(UInt8(ascii: "0") + UInt8(rest)) }
        let start = count
        while rest > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        var (low, high) = (start, count - 1)
        while low < high {
            swapAt(low, high)
            low += 1
            high -= 1
        }
    }
}

// Both formats escape label values the same way. In help texts only OpenMetrics escapes the quote. Swift strings are
// valid UTF-8: invalid bytes were replaced by U+FFFD when the string was made.

extension [UInt8] {
    /// Appends text with backslash, line feed and (if `quotes`) quote escaped; all other characters, also NUL, as they are.
    mutating func append(escaping text: String, quotes: Bool) {
        // Fast path: nearly no text needs escaping.
        guard Self.isEscaped(text.utf8.span) else { return append(contentsOf: text.utf8) }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case UInt8(ascii: "\""):
                if quotes { append(UInt8(ascii: "\\")) }
                append(byte)
            case UInt8(ascii: "\n"):
                append(UInt8(ascii: "\\"))
                append(UInt8(ascii: "n"))
            default: append(byte)
            }
        }
    }
    /// Whether the text contains a character that is escaped.
    private static func isEscaped(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "\n"): return true
            default: continue
            }
        }
        return false
    }
}
