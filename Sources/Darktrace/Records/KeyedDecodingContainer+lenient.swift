/// Each field for itself: a field of the wrong type is a missing one, and the record goes on.
extension KeyedDecodingContainer {
    /// A whole number, also one that is written as text.
    func integer(_ key: Key) -> Int64? {
        if let value = try? decodeIfPresent(Int64.self, forKey: key) { return value }
        return text(key).flatMap { Int64($0) }
    }

    /// A finite number, also one that is written as text.
    func number(_ key: Key) -> Double? {
        let value = (try? decodeIfPresent(Double.self, forKey: key)) ?? text(key).flatMap { Double($0) }
        return value.flatMap { $0.isFinite ? $0 : nil }
    }

    func text(_ key: Key) -> String? {
        (try? decodeIfPresent(String.self, forKey: key)) ?? nil
    }

    /// A truth value, also one that is written as text or number.
    func flag(_ key: Key) -> Bool? {
        if let value = try? decodeIfPresent(Bool.self, forKey: key) { return value }
        if let text = text(key)?.lowercased() { return text == "true" }
        return integer(key).map { $0 != 0 }
    }

    /// An object of its own.
    func object<Fields: Decodable>(_ key: Key, as _: Fields.Type = Fields.self) -> Fields? {
        (try? decodeIfPresent(Fields.self, forKey: key)) ?? nil
    }
}
