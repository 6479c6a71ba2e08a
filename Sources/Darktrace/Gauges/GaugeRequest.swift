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

    package var target: String { query.isEmpty ? path : "\(path)?\(query)" }

    /// Reads the object, or the list element by element.
    package func makeReader(
        _ onElement: @escaping @Sendable (Result<Value, UnreadableRecord>) -> Bool
    ) -> any ResponseReader {
        let context = GaugeContext(read: read)
        switch response {
        case .object(let maxBytes):
            return ObjectReader<DecodedElement<Value>>(limit: maxBytes, context: context) {
                onElement(.success($0.value))
            }
        case .list:
            return ArrayReader<DecodedElement<Value>>(context: context) { onElement($0.map(\.value)) }
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

/// How an object is read, passed to the decoder as its user info.
private struct GaugeContext<Value: Sendable>: Sendable {
    let read: @Sendable (JSONFields) -> Value?
}

/// What was read from one object.
private struct DecodedElement<Value: Sendable>: LenientDecodable {
    let value: Value

    struct Fields: Decodable {
        let value: Value?

        init(from decoder: any Decoder) throws {
            let fields = JSONFields(try decoder.container(keyedBy: AnyCodingKey.self))
            let context = CodingUserInfoKey.elementContext.flatMap { decoder.userInfo[$0] as? GaugeContext<Value> }
            value = context.flatMap { $0.read(fields) }
            try fields.throwIfMalformed()
        }
    }

    init(_ fields: Fields) throws(UnreadableRecord) {
        guard let value = fields.value else { throw UnreadableRecord(.nothingKnown, "none of its fields is known") }
        self.value = value
    }
}
