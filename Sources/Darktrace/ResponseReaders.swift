import Locking

/// Reads a response, and describes its body at the end.
package protocol ResponseReader: ResponseSink {
    /// Ends the response once the transport has ended.
    ///
    /// - Parameter isComplete: Whether the body may have arrived to its end, as far as the transport knows.
    func finish(isComplete: Bool) -> BodySummary
}

/// What the body of a response turned out to be.
package struct BodySummary: Sendable, Equatable {
    var expected = ExpectedShape.array
    /// The first bytes.
    var prefix: [UInt8] = []
    /// Without meaning unless the status is 200.
    var content = Content.empty

    /// The requested form, as a word with its article.
    enum ExpectedShape: String, Sendable {
        case array = "a JSON array"
        case object = "a JSON object"
    }

    /// How far the body has the requested form.
    enum Content: Sendable, Equatable {
        case complete, empty, truncated
        /// Something else: a page, an error, another kind of JSON; the text says which.
        case unexpectedType(String)
        case malformed(String)
        case tooLarge(String)
    }

    /// The body does not even start in the requested form.
    var isUnexpectedType: Bool { if case .unexpectedType = content { true } else { false } }

    /// The first bytes as text in lower case, to search for known phrases.
    var lowercasedPrefix: String { String(decoding: prefix, as: UTF8.self).lowercased() }

    /// The body starts as an HTML page does.
    var isHTML: Bool {
        lowercasedPrefix.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.hasPrefix("<")
    }
}

/// Limits for bodies that are kept only for the text of an error.
private enum BodyLimit {
    /// Bytes of a body that are kept.
    static let prefix = 4_096
    /// Bytes of an error page after which reading stops.
    static let errorPage = 65_536
}

extension [UInt8] {
    /// Appends a piece of a body up to the limit of a prefix.
    fileprivate mutating func appendPrefix(_ piece: RawSpan) {
        let space = BodyLimit.prefix - count
        guard space > 0 else { return }
        let part = piece.extracting(first: Swift.min(space, piece.byteCount))
        unsafe part.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}

/// Reads a list element by element. Of any other body it keeps the beginning, because only its text distinguishes the
/// API's errors.
///
/// The type of an element is known to two closures only: a generic class would look it up for each of them.
final class ArrayReader: ResponseReader {
    private let state = Locked(State())
    private let onElement: @Sendable (borrowing ElementDecoder, RawSpan) -> Bool
    private let onUnreadable: @Sendable (UnreadableRecord) -> Bool

    private struct State: ~Copyable {
        var isSuccess = false
        var splitter = ArraySplitter()
        let decoder = ElementDecoder()
        var failure: ArraySplitterError?
        var prefix: [UInt8] = []
        var bodyBytes = 0
    }

    /// - Parameter read: Reads an element of the list that is an object.
    init<Element>(
        read: @escaping @Sendable (JSONValue) throws(UnreadableRecord) -> Element,
        _ onElement: @escaping @Sendable (Result<Element, UnreadableRecord>) -> Bool
    ) {
        self.onElement = { decoder, element in onElement(decoder.decode(element, read)) }
        onUnreadable = { onElement(.failure($0)) }
    }

    func receive(_ head: ResponseHead) {
        state.withLock { $0.isSuccess = head.status == 200 }
    }

    func receive(_ piece: RawSpan) -> Bool {
        state.withLock { state in
            state.prefix.appendPrefix(piece)
            state.bodyBytes += piece.byteCount
            guard state.isSuccess, state.failure == nil else { return state.bodyBytes < BodyLimit.errorPage }
            do throws(ArraySplitterError) {
                let limit = state.splitter.elementLimit
                try state.splitter.split(piece) {
                    onUnreadable(UnreadableRecord(.tooLarge, "a record is larger than \(limit) bytes"))
                } onElement: {
                    onElement(state.decoder, $0)
                }
                return true
            } catch {
                state.failure = error
                // A page in place of the list is read on for its text; a malformed list is abandoned.
                return error == .notAnArray && state.bodyBytes < BodyLimit.prefix
            }
        }
    }

    func finish(isComplete: Bool) -> BodySummary {
        state.withLock { state in
            let content: BodySummary.Content =
                if let failure = state.failure {
                    BodySummary.Content(failure)
                } else if state.splitter.isComplete {
                    .complete
                } else {
                    state.splitter.isEmpty ? .empty : .truncated
                }
            return BodySummary(expected: .array, prefix: state.prefix, content: content)
        }
    }
}

extension BodySummary.Content {
    fileprivate init(_ failure: ArraySplitterError) {
        switch failure {
        case .notAnArray: self = .unexpectedType(failure.description)
        case .rejected: self = .tooLarge(failure.description)
        default: self = .malformed(failure.description)
        }
    }
}

/// Reads a response that is one object: buffers it up to a limit and decodes it at the end.
final class ObjectReader<Object: Sendable>: ResponseReader {
    private let limit: Int
    private let read: @Sendable (JSONValue) throws(UnreadableRecord) -> Object
    private let state: Locked<State>
    private let onElement: @Sendable (Object) -> Bool

    private struct State {
        var isSuccess = false
        var isTooLarge = false
        var body: [UInt8] = []
        var bodyBytes = 0
    }

    /// - Parameters:
    ///   - limit: The largest body in bytes.
    ///   - read: Reads the object.
    ///   - onElement: Gets the object, if there is one.
    init(
        limit: Int, read: @escaping @Sendable (JSONValue) throws(UnreadableRecord) -> Object,
        _ onElement: @escaping @Sendable (Object) -> Bool
    ) {
        self.limit = limit
        self.read = read
        self.onElement = onElement
        state = Locked(State())
    }

    func receive(_ head: ResponseHead) {
        state.withLock { $0.isSuccess = head.status == 200 }
    }

    func receive(_ piece: RawSpan) -> Bool {
        state.withLock { state in
            state.bodyBytes += piece.byteCount
            guard state.isSuccess else {
                state.body.appendPrefix(piece)
                return state.bodyBytes < BodyLimit.errorPage
            }
            guard state.bodyBytes <= limit else {
                state.isTooLarge = true
                state.body.removeAll()
                return false
            }
            unsafe piece.withUnsafeBytes { unsafe state.body.append(contentsOf: $0) }
            return true
        }
    }

    func finish(isComplete: Bool) -> BodySummary {
        let state = state.withLock { state in
            defer { state.body = [] }
            return state
        }
        let content: BodySummary.Content =
            if state.isTooLarge {
                .tooLarge("it is larger than \(limit) bytes")
            } else if !state.isSuccess {
                .empty
            } else {
                content(of: state.body, isComplete: isComplete)
            }
        return BodySummary(expected: .object, prefix: Array(state.body.prefix(BodyLimit.prefix)), content: content)
    }

    private func content(of body: [UInt8], isComplete: Bool) -> BodySummary.Content {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let unmarked = body.starts(with: mark) ? body[mark.count...] : body[...]
        let object = unmarked.drop { $0 == 0x20 || (0x09...0x0A).contains($0) || $0 == 0x0D }
        guard let first = object.first else { return .empty }
        guard first == UInt8(ascii: "{") else { return .unexpectedType("it is not a JSON object") }
        guard isComplete else { return .truncated }
        switch unsafe ElementDecoder().decode(object.span.bytes, read) {
        case .success(let object):
            _ = onElement(object)
            return .complete
        case .failure(let problem):
            return problem.kind == .nothingKnown
                ? .unexpectedType(problem.detail) : .malformed("it is not well-formed JSON")
        }
    }
}
