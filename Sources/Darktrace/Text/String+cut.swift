extension String {
    /// The beginning that fits into `limit` bytes of UTF-8 and ends where a character ends.
    ///
    /// A single character that is longer, as a pile of accents is, ends where a Unicode scalar ends.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var candidate = ""
        var fitting = 0
        for scalar in unicodeScalars {
            candidate.unicodeScalars.append(scalar)
            let length = candidate.utf8.count
            if length > limit { break }
            fitting = length
        }
        // The scalar that no longer fits is in the candidate, so that its last character is seen whole.
        var end = 0
        for character in candidate {
            let length = character.utf8.count
            if end + length > limit { break }
            end += length
        }
        return String(decoding: candidate.utf8.prefix(end > 0 ? end : fitting), as: UTF8.self)
    }
}
