/// Decodes the elements of a list, or responses that are one object, independently of each other: one bad element
/// affects no other.
struct ElementDecoder: ~Copyable {
    private let parser = JSONParser()

    /// The record, or why the element is not one.
    ///
    /// - Parameter read: Gets an object, which is valid until it returns.
    borrowing func decode<Value>(
        _ element: RawSpan, _ read: (JSONValue) throws(UnreadableRecord) -> Value
    ) -> Result<Value, UnreadableRecord> {
        guard element.byteCount > 0, unsafe element.unsafeLoad(as: UInt8.self) == UInt8(ascii: "{") else {
            return .failure(UnreadableRecord(.notAnObject, "an element of the list is not a JSON object"))
        }
        do throws(UnreadableRecord) {
            if let object = parser.parse(element) { return .success(try read(object)) }
            // Rare, so it may cost a copy: one unpaired surrogate in a name must not lose the breach.
            let repaired = unsafe element.withUnsafeBytes { unsafe SanitizedJSON(Array($0)).bytes }
            if let object = unsafe parser.parse(repaired.span.bytes) { return .success(try read(object)) }
        } catch {
            return .failure(error)
        }
        return .failure(UnreadableRecord(.notJSON, "an element of the list is not well-formed JSON"))
    }
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
