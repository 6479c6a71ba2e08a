/// The fields of a JSON object, each read independently: one that is missing or of another type is nil.
///
/// It is valid only while the response is decoded.
package final class JSONFields {
    private let container: KeyedDecodingContainer<AnyCodingKey>
    private let findings: Findings
    private var tables: [String: [Row]] = [:]

    /// What was found on the way, for the whole response.
    private final class Findings {
        var malformed: (any Error)?
        var truncated: [String: (count: Int, limit: Int)] = [:]
    }

    /// A nested object with the labels that tell it from others of its kind.
    package typealias Row = (labels: [String], fields: JSONFields)

    private init(_ container: KeyedDecodingContainer<AnyCodingKey>, _ findings: Findings) {
        self.container = container
        self.findings = findings
    }

    convenience init(_ container: KeyedDecodingContainer<AnyCodingKey>) { self.init(container, Findings()) }

    // MARK: Values

    /// A number that is not negative, divided by `unit`; also one that is written as text.
    package func number(_ key: String, per unit: Double = 1) -> Double? {
        let number = read { try $0.number(AnyCodingKey(stringValue: key)) }
        return number.flatMap { $0 >= 0 ? $0 / unit : nil }
    }

    /// A percentage as a ratio; nil if it is larger than `limit`.
    package func percentage(_ key: String, upTo limit: Double = 1) -> Double? {
        number(key, per: 100).flatMap { $0 <= limit ? $0 : nil }
    }

    /// 1 for true, 0 for false.
    package func flag(_ key: String) -> Double? { bool(key).map { $0 ? 1 : 0 } }

    package func bool(_ key: String) -> Bool? { read { try $0.bool(AnyCodingKey(stringValue: key)) } }

    /// A text that is not empty, truncated to 200 bytes.
    package func text(_ key: String) -> String? {
        read { try $0.text(AnyCodingKey(stringValue: key)) }.flatMap { $0.isEmpty ? nil : $0.truncated(toBytes: 200) }
    }

    /// A date with a time, in seconds since 1970.
    package func time(_ key: String) -> Double? {
        text(key).flatMap(StatusTimestamp.milliseconds).map { Double($0) / 1_000 }
    }

    /// The number of elements of a list.
    package func count(_ key: String) -> Double? {
        read { container in
            try container.object(AnyCodingKey(stringValue: key), as: [AnyElement].self)
        }.map { Double($0.count) }
    }

    /// An element of a list, of any type.
    private struct AnyElement: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// Hours, minutes and seconds, in seconds.
    package func uptime(_ key: String) -> Double? { text(key).flatMap(StatusTimestamp.parseUptime) }

    // MARK: Names and nested objects

    /// The keys with this prefix and suffix, in order, each with the text in between, truncated to 200 bytes.
    ///
    /// Of names that are equal once they are truncated, the first one stays.
    package func names(_ prefix: String = "", suffix: String = "") -> [(name: String, key: String)] {
        var known: Set<String> = []
        return container.allKeys.map(\.stringValue).filter {
            $0.utf8.count >= prefix.utf8.count + suffix.utf8.count && $0.hasPrefix(prefix) && $0.hasSuffix(suffix)
        }.sorted().compactMap { key in
            let name = String(key.dropFirst(prefix.count).dropLast(suffix.count)).truncated(toBytes: 200)
            return known.insert(name).inserted ? (name, key) : nil
        }
    }

    /// The first elements up to a limit; that there are more is reported once as a truncation of `part`.
    package func limit<Element>(_ elements: [Element], of part: String, to limit: Int) -> [Element] {
        guard elements.count > limit else { return elements }
        findings.truncated[part] = (elements.count, limit)
        return Array(elements.prefix(limit))
    }

    /// The object under a key, if it is one.
    package func object(_ key: String) -> JSONFields? {
        read { container in
            do {
                return try container.nestedContainer(
                    keyedBy: AnyCodingKey.self, forKey: AnyCodingKey(stringValue: key))
            } catch let error as DecodingError {
                if case .dataCorrupted = error { throw error }
                return nil
            }
        }.map { JSONFields($0, findings) }
    }

    /// Nested objects that several metrics read: made once, then kept under `name`.
    package func table(_ name: String, _ make: () -> [Row]) -> [Row] {
        if let table = tables[name] { return table }
        let table = make()
        tables[name] = table
        return table
    }

    /// Of what there was more than is exposed: how many there were, and how many are.
    package var truncated: [String: (count: Int, limit: Int)] { findings.truncated }

    private func read<Value>(_ body: (KeyedDecodingContainer<AnyCodingKey>) throws -> Value?) -> Value? {
        do {
            return try body(container)
        } catch {
            findings.malformed = error
            return nil
        }
    }

    /// Throws if a text was not well formed: the object is then sanitized and decoded again.
    func throwIfMalformed() throws {
        if let error = findings.malformed { throw error }
    }
}

/// Any key of a JSON object: `/status` has names in its keys.
struct AnyCodingKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue name: String) { stringValue = name }
    init?(intValue: Int) { nil }
}
