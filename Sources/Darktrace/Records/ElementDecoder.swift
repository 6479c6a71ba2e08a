import FoundationEssentials

/// Reads elements of a list to records, each for itself: a bad one costs itself only.
struct ElementDecoder: ~Copyable {
    private let decoder = JSONDecoder()

    /// The record, or why there is none.
    func read<Value: LenientDecodable>(_ element: RawSpan, as _: Value.Type = Value.self) -> Result<
        Value, UnreadableRecord
    > {
        guard element.byteCount > 0, unsafe element.unsafeLoad(as: UInt8.self) == UInt8(ascii: "{") else {
            return .failure(UnreadableRecord(.notAnObject, "an element of the list is no JSON object"))
        }
        do throws(UnreadableRecord) {
            return .success(try Value(try fields(of: element)))
        } catch {
            return .failure(error)
        }
    }

    private func fields<Fields: Decodable>(of element: RawSpan) throws(UnreadableRecord) -> Fields {
        if let fields: Fields = unsafe element.withUnsafeBytes({ unsafe decode($0) }) { return fields }
        // Rare, so it may cost a copy: one unpaired surrogate in a name must not lose the breach.
        let repaired = unsafe element.withUnsafeBytes { unsafe SanitizedJSON(Array($0)).bytes }
        if let fields: Fields = unsafe repaired.withUnsafeBytes({ unsafe decode($0) }) { return fields }
        throw UnreadableRecord(.notJSON, "an element of the list is no well-formed JSON")
    }

    /// Decodes in place, without a copy of the bytes.
    private func decode<Fields: Decodable>(_ bytes: UnsafeRawBufferPointer) -> Fields? {
        guard let base = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress) else { return nil }
        let data = unsafe Data(bytesNoCopy: base, count: bytes.count, deallocator: .none)
        return try? decoder.decode(Fields.self, from: data)
    }
}
