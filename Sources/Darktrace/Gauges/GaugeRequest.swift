/// `GET` of an endpoint that reports a current state, described by data: a new endpoint needs no type of its own.
package struct GaugeRequest<Value: Sendable>: APIRequest {
    package let path: String
    package let permissionHint: Hint?
    private let query: String
    private let response: GaugeResponse
    private let read: @Sendable (JSONFields) -> Value?

    /// - Parameters:
    ///   - query: Without `?`: names sorted, nothing that needs escaping; may be empty.
    ///   - read: Gets the object, or each element of the list; nil means that it knows none of the fields.
    package init(
        path: String, query: String = "", permissionHint: Hint? = nil, response: GaugeResponse,
        read: @escaping @Sendable (JSONFields) -> Value?
    ) {
        self.path = path
        self.query = query
        self.permissionHint = permissionHint
        self.response = response
        self.read = read
    }

    /// Only a list may be of a window.
    package var sizeHint: Hint { response == .list ? .smaller : .fixedSize }

    package var target: String { query.isEmpty ? path : "\(path)?\(query)" }

    /// Reads the object, or the list element by element.
    package func makeReader(
        _ onElement: @escaping @Sendable (Result<Value, UnreadableRecord>) -> Bool
    ) -> any ResponseReader {
        let read: @Sendable (JSONValue) throws(UnreadableRecord) -> Value = { [read] object throws(UnreadableRecord) in
            guard let value = read(JSONFields(object)) else {
                throw UnreadableRecord(.nothingKnown, "none of its fields is known")
            }
            return value
        }
        return switch response {
        case .object(let maxBytes): ObjectReader(limit: maxBytes, read: read) { onElement(.success($0)) }
        case .list: ArrayReader(read: read, onElement)
        }
    }
}

/// The form of a response.
package enum GaugeResponse: Sendable, Equatable {
    /// One object, which is kept until it is complete.
    case object(maxBytes: Int)
    /// A list, of which one element at a time is kept.
    case list
}
