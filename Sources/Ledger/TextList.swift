/// Several texts in one column, each as its length in bytes, a colon and itself: `8:critical5:other`.
///
/// Every list has exactly one such form, whatever its texts hold, so that a column with it can be part of a key.
enum TextList {
    static func encoded(_ texts: [String]) -> String {
        var list = ""
        for text in texts { list += "\(text.utf8.count):\(text)" }
        return list
    }

    /// The texts, or nil if `list` is not of this form.
    static func decoded(_ list: String) -> [String]? {
        var texts: [String] = []
        var rest = Substring(list).utf8
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            guard let count = Int(Substring(rest[..<colon])), count >= 0 else { return nil }
            let start = rest.index(after: colon)
            guard let end = rest.index(start, offsetBy: count, limitedBy: rest.endIndex),
                let text = String(rest[start..<end])
            else { return nil }
            texts.append(text)
            rest = rest[end...]
        }
        return rest.isEmpty ? texts : nil
    }
}
