/// The keys of one mapping with their values, all of them known to be allowed there.
struct MappingReader {
    private let fields: [(key: String, reader: ValueReader)]
    /// The key of the mapping itself; the whole file for its root.
    let place: SourceLocation
    /// Keys that a misspelled one was probably meant to be: they are not missing.
    private var suggested: Set<String> = []

    /// Where a key belongs that is not allowed where it was found.
    struct KeySet: Sendable {
        /// The keys that are allowed in the mapping.
        let names: [String]
        /// Where other keys belong, by the end of `move it to …`.
        let elsewhere: [(names: [String], target: String)]
    }

    /// The mapping in a value; adds each key that is not allowed. A value that was left out is an empty mapping, as when
    /// all its keys are commented out.
    init?(_ value: ValueReader, _ keys: KeySet, findings: inout Findings) {
        place = value.placeOfContent
        guard !value.node.isNothing else {
            fields = []
            return
        }
        guard case .mapping(let entries) = value.node.content else {
            findings.add(value.error("must be keys with values, like \(keys.names.first ?? "key"): …"))
            return nil
        }
        fields = entries.filter { keys.names.contains($0.key) }.map { ($0.key, value.child($0, isKnown: true)) }
        for entry in entries where !keys.names.contains(entry.key) {
            guard !findings.isFull else {
                findings.add(value.error(""))
                continue
            }
            let nearest = SpellingSuggestion.nearest(to: entry.key, among: keys.names)
            if let nearest { suggested.insert(nearest) }
            findings.add(value.child(entry).error(Self.advice(for: entry.key, nearest: nearest, keys)))
        }
    }

    /// The variables of the environment that are set, as a mapping; the keys are those of the file.
    init(variables: [(key: String, reader: ValueReader)], place: SourceLocation) {
        fields = variables
        self.place = place
    }

    /// Every key with its value, for a mapping whose keys are the user's own words; throws if it is empty.
    static func entries(of value: ValueReader) throws(ConfigurationError) -> [(key: String, reader: ValueReader)] {
        guard case .mapping(let entries) = value.node.content else {
            throw value.error(
                value.node.isNothing ? "is empty; leave it out or fill it" : "must be keys with values")
        }
        return entries.map { ($0.key, value.child($0)) }
    }

    /// The value of this key, if it is there.
    func value(_ key: String) -> ValueReader? { fields.first { $0.key == key }?.reader }

    /// Whether the key is there, perhaps misspelled.
    func mentions(_ key: String) -> Bool { suggested.contains(key) || value(key) != nil }

    /// Whether no key is there.
    var isEmpty: Bool { fields.isEmpty }

    /// A mistake of the mapping as a whole.
    func error(_ problem: String) -> ConfigurationError { ConfigurationError(place: place, problem: problem) }

    private static func advice(for key: String, nearest: String?, _ keys: KeySet) -> String {
        if let nearest { return "unknown key; did you mean \(nearest)?" }
        for (names, target) in keys.elsewhere where names.contains(key) {
            return "unexpected key; move it to \(target)"
        }
        return "unknown key; the keys here are \(keys.names.joined(separator: ", "))"
    }
}

/// Suggests the word that was probably meant.
enum SpellingSuggestion {
    /// The nearest of the known words, if it is near enough to be likely.
    static func nearest(to word: String, among known: [String]) -> String? {
        let word = word.lowercased().replacing("-", with: "_")
        let distances = known.map { (word: $0, distance: distance($0.lowercased().replacing("-", with: "_"), word)) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= min(3, best.word.count / 3) ? best.word : nil
    }

    /// How many letters have to be inserted, removed or replaced to turn one word into the other.
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
