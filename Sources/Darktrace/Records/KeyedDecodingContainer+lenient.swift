/// Each field for itself: a field of the wrong type is a missing one, and the record goes on.
///
/// What is thrown is a string that is not well formed, found only when it is asked for; the record is then read
/// again, repaired.
extension KeyedDecodingContainer {
    /// A whole number, also one that is written as text.
    func integer(_ key: Key) throws -> Int64? {
        if let value = try? decodeIfPresent(Int64.self, forKey: key) { return value }
        return try text(key).flatMap { Int64($0) }
    }

    /// A finite number, also one that is written as text.
    func number(_ key: Key) throws -> Double? {
        let value = try (try? decodeIfPresent(Double.self, forKey: key)) ?? text(key).flatMap { Double($0) }
        return value.flatMap { $0.isFinite ? $0 : nil }
    }

    func text(_ key: Key) throws -> String? {
        try object(key, as: String.self)
    }

    /// A truth value, also one that is written as text or number.
    func bool(_ key: Key) throws -> Bool? {
        if let value = try? decodeIfPresent(Bool.self, forKey: key) { return value }
        if let text = try text(key)?.lowercased() { return text == "true" }
        return try integer(key).map { $0 != 0 }
    }

    /// A value of its own type.
    func object<Value: Decodable>(_ key: Key, as _: Value.Type = Value.self) throws -> Value? {
        do {
            return try decodeIfPresent(Value.self, forKey: key)
        } catch let error as DecodingError {
            if case .dataCorrupted = error { throw error }
            return nil
        }
    }
}
