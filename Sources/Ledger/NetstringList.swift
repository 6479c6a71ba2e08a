/// Several texts in one column, each as its length in bytes, a colon and the text: `8:critical5:other`.
///
/// Every list has exactly one encoding, whatever its texts contain, so that such a column can be part of a key.
package enum NetstringList {
    /// The encoding of the texts.
    package static func encoded(_ texts: [String]) -> String {
        var list = ""
        for text in texts { list += "\(text.utf8.count):\(text)" }
        return list
    }

    /// The encoding of keys and values, in the order of the keys.
    package static func encoded(pairs: [String: String]) -> String {
        encoded(pairs.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
    }

    /// The keys and values, or nil if `list` is not a valid encoding of them.
    package static func decodedPairs(_ list: String) -> [String: String]? {
        guard let texts = decoded(list), texts.count.isMultiple(of: 2) else { return nil }
        var pairs: [String: String] = [:]
        for index in stride(from: 0, to: texts.count, by: 2) { pairs[texts[index]] = texts[index + 1] }
        return pairs
    }

    /// The texts, or nil if `list` is not a valid encoding.
    package static func decoded(_ list: String) -> [String]? { decoded(list.utf8.span) }

    /// The same for the bytes of a list.
    package static func decoded(_ bytes: Span<UInt8>) -> [String]? {
        var texts: [String] = []
        var index = 0
        while index < bytes.count {
            guard let start = textStart(in: bytes, from: index),
                let count = number(bytes.extracting(index..<start - 1)),
                count <= bytes.count - start,
                let text = try? UTF8Span(validating: bytes.extracting(start..<start + count))
            else { return nil }
            texts.append(String(copying: text))
            index = start + count
        }
        return texts
    }

    /// The index after the next colon.
    private static func textStart(in bytes: Span<UInt8>, from index: Int) -> Int? {
        for next in index..<bytes.count where bytes[next] == UInt8(ascii: ":") { return next + 1 }
        return nil
    }

    /// Nil for anything but 1 to 18 digits.
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
