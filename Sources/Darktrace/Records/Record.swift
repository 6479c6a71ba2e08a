/// What one element of a list is read to.
protocol Record: Sendable {
    /// The fields that are needed, as they stand in JSON.
    associatedtype Fields: Decodable

    /// - Throws: `UnreadableRecord`, when what identifies or dates the record is missing.
    init(_ fields: Fields) throws(UnreadableRecord)
}
