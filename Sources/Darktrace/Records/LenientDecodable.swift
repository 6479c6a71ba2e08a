/// What one element of a list, or an answer that is one object, is read to.
protocol LenientDecodable: Sendable {
    /// The fields that are needed, as they stand in JSON.
    associatedtype Fields: Decodable

    /// - Throws: `UnreadableRecord`, when what identifies or dates the record is missing, or nothing of it is known.
    init(_ fields: Fields) throws(UnreadableRecord)
}
