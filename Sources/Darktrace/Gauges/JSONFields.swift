/// The fields of a JSON object, each read independently: one that is missing or unreadable is nil.
///
/// A field that is present but unreadable is noted, so that it does not vanish silently. `null` and an empty text mean
/// that there is no value. The object is valid only while the response is decoded.
package final class JSONFields {
    private let value: JSONValue
    /// The keys that lead here, each with a dot behind it.
    private let path: String
    private let findings: Findings
    private var tables: [String: [Row]] = [:]
    private var lists: [String: [String]] = [:]
    private var noted: Set<String> = []

    /// What was found on the way, for the whole response.
    private final class Findings {
        var truncated: [String: (count: Int, limit: Int)] = [:]
        var unreadable = UnreadableFields()
    }

    /// A nested object with the labels that tell it from others of its kind.
    package typealias Row = (labels: [String], fields: JSONFields)

    private init(_ value: JSONValue, path: String, _ findings: Findings) {
        self.value = value
        self.path = path
        self.findings = findings
    }

    convenience init(_ object: JSONValue) { self.init(object, path: "", Findings()) }

    // MARK: Values

    /// A number that is not negative, divided by `unit`; also one that is written as text.
    package func number(_ key: String, per unit: Double = 1) -> Double? {
        value(key) { $0.number.flatMap { $0 >= 0 ? $0 / unit : nil } }
    }

    /// A percentage as a ratio, with or without the sign. An appliance may report more than 100: that is when it
    /// matters. Nil above 10 000.
    package func percentage(_ key: String) -> Double? {
        value(key) { scalar in
            let number = scalar.number ?? scalar.text.flatMap { Double($0.trimmingSuffix("%").trimmingSuffix(" ")) }
            return number.flatMap { (0...10_000).contains($0) ? $0 / 100 : nil }
        }
    }

    /// 1 for true, 0 for false.
    package func flag(_ key: String) -> Double? { bool(key).map { $0 ? 1 : 0 } }

    /// A truth value, also one that is written as a number or a word.
    package func bool(_ key: String) -> Bool? { value(key) { $0.bool } }

    /// A text that is not empty, truncated to 200 bytes; also a number.
    package func text(_ key: String) -> String? { value(key) { $0.text?.truncated(toBytes: 200) } }

    /// A time, in seconds since 1970.
    package func time(_ key: String) -> Double? {
        // A time that never was is written as an empty text, or as 0.
        if scalar(key)?.number == 0 { return nil }
        return value(key) { scalar in
            let milliseconds =
                scalar.number.flatMap { StatusTimestamp.milliseconds($0) }
                ?? scalar.text.flatMap { StatusTimestamp.milliseconds($0) }
            return milliseconds.map { Double($0) / 1_000 }
        }
    }

    /// A span of time, in seconds.
    package func uptime(_ key: String) -> Double? {
        value(key) { scalar in
            scalar.number.map { $0 >= 0 ? $0 : nil } ?? scalar.text.flatMap { StatusUptime.seconds($0) }
        }
    }

    /// What one of these words means, in lower case.
    package func word<Meaning>(_ key: String, _ meanings: [String: Meaning]) -> Meaning? {
        value(key) { $0.text.flatMap { meanings[$0.lowercased()] } }
    }

    /// Whether an object reports an error instead of its state, as a flag or as a text.
    package var reportsError: Bool {
        guard let scalar = scalar("error") else { return false }
        return scalar.bool ?? (scalar.text?.isEmpty == false)
    }

    /// The number of elements of a list.
    package func count(_ key: String) -> Double? {
        if let list = value[key], list.isArray { return Double(list.count) }
        if scalar(key) != nil { note(key) }
        return nil
    }

    /// Reads a field that has one value; notes it if that is none of the expected ones.
    private func value<Value>(_ key: String, _ convert: (JSONScalar) -> Value?) -> Value? {
        guard let field = value[key], !field.isNull else { return nil }
        guard let scalar = JSONScalar(field) else {
            note(key)
            return nil
        }
        guard scalar.text?.isEmpty != true else { return nil }
        let value = convert(scalar)
        if value == nil { note(key) }
        return value
    }

    private func scalar(_ key: String) -> JSONScalar? { value[key].flatMap(JSONScalar.init) }

    /// Notes that a field is present but unreadable.
    private func note(_ key: String) {
        if noted.insert(key).inserted { findings.unreadable.add(key, path: path + key) }
    }

    // MARK: Names and nested objects

    /// The keys with this prefix and suffix, in order, each with the text in between, truncated to 200 bytes.
    ///
    /// Of names that are equal once they are truncated, the first one stays.
    ///
    /// - Parameter whole: The name is the whole key, not only the text in between.
    package func names(_ prefix: String = "", suffix: String = "", whole: Bool = false) -> [(name: String, key: String)]
    {
        var known: Set<String> = []
        return value.keys(prefix, suffix: suffix).sorted().compactMap { key in
            let inner = key.utf8.dropFirst(whole ? 0 : prefix.utf8.count).dropLast(whole ? 0 : suffix.utf8.count)
            let name = String(Substring(inner)).truncated(toBytes: 200)
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
        if let object = value.object(key) { return JSONFields(object, path: "\(path)\(key).", findings) }
        if scalar(key)?.text?.isEmpty == false { note(key) }
        return nil
    }

    /// The objects of a list, up to a limit; elements of another type are left out.
    package func objects(_ key: String, upTo limit: Int) -> [JSONFields] {
        guard let list = value[key], list.isArray else {
            if scalar(key)?.text?.isEmpty == false { note(key) }
            return []
        }
        return list.elements().enumerated().filter(\.element.isObject).prefix(limit).map { place, object in
            JSONFields(object, path: "\(path)\(key).\(place + 1).", findings)
        }
    }

    /// Nested objects that several metrics read: made once, then kept under `name`.
    package func table(_ name: String, _ make: () -> [Row]) -> [Row] {
        if let table = tables[name] { return table }
        let table = make()
        tables[name] = table
        return table
    }

    /// The same for names.
    package func list(_ name: String, _ make: () -> [String]) -> [String] {
        if let list = lists[name] { return list }
        let list = make()
        lists[name] = list
        return list
    }

    /// Of what there was more than is exposed: how many there were, and how many are.
    package var truncated: [String: (count: Int, limit: Int)] { findings.truncated }

    /// The fields of the response that are present but could not be read.
    package var unreadable: UnreadableFields { findings.unreadable }
}
