/// Any key of a JSON object: part of what `/status` tells stands in its keys.
struct AnyCodingKey: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral name: String) { stringValue = name }
    init(stringValue name: String) { stringValue = name }
    init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer<AnyCodingKey> {
    /// The keys with this beginning and end, in order, each with what stands between them: text of at most 200 bytes.
    ///
    /// Of two names that are alike once they are cut, the first stays.
    func keysMatching(_ beginning: String = "", ending: String = "") -> [(name: String, key: AnyCodingKey)] {
        var known: Set<String> = []
        return allKeys.map(\.stringValue).filter {
            $0.utf8.count >= beginning.utf8.count + ending.utf8.count && $0.hasPrefix(beginning) && $0.hasSuffix(ending)
        }.sorted().compactMap { text in
            let name = String(text.dropFirst(beginning.count).dropLast(ending.count)).truncated(toBytes: 200)
            return known.insert(name).inserted ? (name, AnyCodingKey(stringValue: text)) : nil
        }
    }

    /// The object under a key, if it is one.
    func nested(_ key: AnyCodingKey) throws -> Self? {
        do {
            return try nestedContainer(keyedBy: AnyCodingKey.self, forKey: key)
        } catch let error as DecodingError {
            // As for texts: it is read again, repaired.
            if case .dataCorrupted = error { throw error }
            return nil
        }
    }

    /// A number that is not below 0, in another unit.
    func nonNegative(_ key: AnyCodingKey, per unit: Double = 1) throws -> Double? {
        try number(key).flatMap { $0 >= 0 ? $0 / unit : nil }
    }

    /// A percentage as a ratio; one out of bounds is no percentage.
    func percentage(_ key: AnyCodingKey, upTo most: Double = 1) throws -> Double? {
        try nonNegative(key, per: 100).flatMap { $0 <= most ? $0 : nil }
    }

    /// A text with something in it, of at most 200 bytes.
    func nonEmptyString(_ key: AnyCodingKey) throws -> String? {
        try text(key).flatMap { $0.isEmpty ? nil : $0.truncated(toBytes: 200) }
    }

    /// A time that is written out, in milliseconds since 1970.
    func time(_ key: AnyCodingKey) throws -> Int64? {
        try text(key).flatMap(StatusTimestamp.milliseconds)
    }
}
