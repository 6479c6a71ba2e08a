/// Guesses the word that was meant.
enum SpellingSuggestion {
    /// The nearest of the known words, if it is near enough to be worth a question.
    static func nearest(to word: String, among known: [String]) -> String? {
        let word = word.lowercased().replacing("-", with: "_")
        let distances = known.map { (word: $0, distance: distance($0, word)) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= min(3, best.word.count / 3) ? best.word : nil
    }

    /// How many letters have to be put in, left out or changed to turn one word into the other.
    static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        // No key is longer; and a key of a megabyte must not cost a megabyte squared.
        guard one.count <= 64, other.count <= 64 else { return .max }
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, candidate) in other.enumerated() {
                let change = diagonal + (letter == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
