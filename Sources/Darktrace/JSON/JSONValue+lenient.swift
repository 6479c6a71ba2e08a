/// Fields are read independently: a field of the wrong type counts as missing, and the record remains readable.
extension JSONValue {
    /// A whole number, also one that is written as text.
    func integer(_ key: String) -> Int64? {
        guard let value = self[key] else { return nil }
        if let text = value.text { return Int64(text) }
        // `7.0` and `1e3` are whole numbers as well.
        return value.numberText.flatMap { Int64($0) ?? Double($0).flatMap { Int64(exactly: $0) } }
    }

    /// A finite number, also one that is written as text.
    func number(_ key: String) -> Double? {
        guard let value = self[key], let text = value.numberText ?? value.text else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    func text(_ key: String) -> String? { self[key]?.text }

    /// A truth value, also one that is written as text or number.
    func bool(_ key: String) -> Bool? {
        if let value = self[key]?.bool { return value }
        if let text = text(key)?.lowercased() { return text == "true" }
        return integer(key).map { $0 != 0 }
    }

    func object(_ key: String) -> JSONValue? { self[key].flatMap { $0.isObject ? $0 : nil } }
}
