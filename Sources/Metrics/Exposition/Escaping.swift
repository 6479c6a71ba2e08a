// Both formats escape label values alike, and help texts alike but for the quote, which only OpenMetrics escapes.
// Text is a Swift string, so invalid UTF-8 has become U+FFFD before it comes here.

extension [UInt8] {
    /// Appends text so that no line or quote ends early; every other character, NUL included, stays as it is.
    mutating func append(escaping text: String, quotes: Bool) {
        // Nearly every text is copied as it is.
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
    /// Whether something in it is written otherwise.
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
