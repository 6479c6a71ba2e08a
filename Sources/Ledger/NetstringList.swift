/// Several texts in one column, each as its length in bytes, a colon and itself: `8:critical5:other`.
///
/// Every list has exactly one such form, whatever its texts hold, so that a column with it can be part of a key.
enum NetstringList {
    static func encoded(_ texts: [String]) -> String {
        var list = ""
        for text in texts { list += "\(text.utf8.count):\(text)" }
        return list
    }

    /// The texts, or nil if `list` is not of this form.
    static func decoded(_ list: String) -> [String]? {
        let bytes = list.utf8.span
        var texts: [String] = []
        var place = 0
        while place < bytes.count {
            guard let start = textStart(in: bytes, from: place),
                let count = number(bytes.extracting(place..<start - 1)),
                count <= bytes.count - start,
                let text = try? UTF8Span(validating: bytes.extracting(start..<start + count))
            else { return nil }
            texts.append(String(copying: text))
            place = start + count
        }
        return texts
    }

    /// Behind the next colon.
    private static func textStart(in bytes: Span<UInt8>, from place: Int) -> Int? {
        for index in place..<bytes.count where bytes[index] == UInt8(ascii: ":") { return index + 1 }
        return nil
    }

    /// Nil without a digit, with anything else, and beyond any length that a text can have.
    private static func number(_ digits: Span<UInt8>) -> Int? {
        guard 1...18 ~= digits.count else { return nil }
        var number = 0
        for index in digits.indices {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = digits[index] else { return nil }
            number = number * 10 + Int(digits[index] - UInt8(ascii: "0"))
        }
        return number
    }
}
