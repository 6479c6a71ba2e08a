/// `GET /modelbreaches` for one breach, whether it is acknowledged or not: the response is its full record.
package struct ModelBreachRequest: APIRequest, Equatable {
    /// The `pbid`.
    package let id: Int64

    package init(id: Int64) { self.id = id }

    package var path: String { ModelBreachesRequest.path }

    package var target: String { "\(path)?includeacknowledged=true&minimal=false&pbid=\(id)" }

    /// A full record has up to 27 kB; one with very many triggered components may have more.
    private static let maxBytes = 1 << 20

    /// Reads the one record; a list is no response to this request.
    package func makeReader(_ onElement: @escaping @Sendable (ModelBreach) -> Bool) -> any ResponseReader {
        ObjectReader(limit: Self.maxBytes, onElement)
    }
}
