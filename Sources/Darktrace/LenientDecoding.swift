import FoundationEssentials

/// The value of one element of a list, or of a response that is one object.
protocol LenientDecodable: Sendable {
    /// The needed fields, as they appear in JSON.
    associatedtype Fields: Decodable

    /// - Throws: `UnreadableRecord` when the record has no id, neither creation nor activity time, or no known field.
    init(_ fields: Fields) throws(UnreadableRecord)
}

/// A record that cannot be counted; the rest of the response can.
package struct UnreadableRecord: Error, Sendable, Equatable {
    package let kind: Kind
    /// One line without control characters, safe to log.
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// What is wrong with it, so that each kind is logged once.
    package enum Kind: String, Sendable, CaseIterable {
        /// The element of the list is not an object.
        case notAnObject = "not_an_object"
        /// The element of the list starts as an object but is not well-formed JSON.
        case notJSON = "not_json"
        /// The element of the list is larger than the limit.
        case tooLarge = "too_large"
        /// Without an id, it cannot be recognized when it is listed again.
        case noID = "no_id"
        /// Without any time, it cannot be assigned to a period.
        case noTime = "no_time"
        /// It is an object, but none of its fields is known.
        case nothingKnown = "nothing_known"
    }
}

/// Decodes the elements of a list independently of each other: one bad element affects no other.
struct ElementDecoder: ~Copyable {
    private let decoder = JSONDecoder()

    /// - Parameter context: The user info `elementContext`, for values whose fields are declared as data.
    init(context: (any Sendable)? = nil) {
        if let context, let key = CodingUserInfoKey.elementContext { decoder.userInfo[key] = context }
    }

    /// The record, or why the element is not one.
    func decode<Value: LenientDecodable>(
        _ element: RawSpan, as _: Value.Type = Value.self
    ) -> Result<Value, UnreadableRecord> {
        guard element.byteCount > 0, unsafe element.unsafeLoad(as: UInt8.self) == UInt8(ascii: "{") else {
            return .failure(UnreadableRecord(.notAnObject, "an element of the list is not a JSON object"))
        }
        do throws(UnreadableRecord) {
            return .success(try Value(try fields(of: element)))
        } catch {
            return .failure(error)
        }
    }

    private func fields<Fields: Decodable>(of element: RawSpan) throws(UnreadableRecord) -> Fields {
        if let fields: Fields = unsafe element.withUnsafeBytes({ unsafe decodeInPlace($0) }) { return fields }
        // Rare, so it may cost a copy: one unpaired surrogate in a name must not lose the breach.
        let repaired = unsafe element.withUnsafeBytes { unsafe SanitizedJSON(Array($0)).bytes }
        if let fields: Fields = unsafe repaired.withUnsafeBytes({ unsafe decodeInPlace($0) }) { return fields }
        throw UnreadableRecord(.notJSON, "an element of the list is not well-formed JSON")
    }

    /// Decodes without a copy of the bytes.
    private func decodeInPlace<Fields: Decodable>(_ bytes: UnsafeRawBufferPointer) -> Fields? {
        guard let base = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress) else { return nil }
        let data = unsafe Data(bytesNoCopy: base, count: bytes.count, deallocator: .none)
        return try? decoder.decode(Fields.self, from: data)
    }
}

extension CodingUserInfoKey {
    /// How the elements of a response are read.
    static let elementContext = CodingUserInfoKey(rawValue: "elementContext")
}

/// Fields are decoded independently: a field of the wrong type counts as missing, and the record remains readable.
///
/// These functions throw only for a string that is not well formed, which the decoder finds when the string is read;
/// the record is then sanitized and decoded again.
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

    /// A value of a type of its own.
    func object<Value: Decodable>(_ key: Key, as _: Value.Type = Value.self) throws -> Value? {
        do {
            return try decodeIfPresent(Value.self, forKey: key)
        } catch let error as DecodingError {
            if case .dataCorrupted = error { throw error }
            return nil
        }
    }
}
