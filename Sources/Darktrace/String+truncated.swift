extension String {
    /// The longest prefix of at most `limit` bytes of UTF-8 that ends at a character boundary.
    ///
    /// A single character that is longer, such as a pile of accents, is truncated at a Unicode scalar boundary.
    func truncated(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var candidate = ""
        var fitting = 0
        for scalar in unicodeScalars {
            candidate.unicodeScalars.append(scalar)
            let length = candidate.utf8.count
            if length > limit { break }
            fitting = length
        }
        // The candidate includes the scalar that no longer fits, so that its last character is complete.
        var end = 0
        for character in candidate {
            let length = character.utf8.count
            if end + length > limit { break }
            end += length
        }
        return String(decoding: candidate.utf8.prefix(end > 0 ? end : fitting), as: UTF8.self)
    }
}
