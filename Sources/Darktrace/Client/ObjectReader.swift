import Locking

/// Takes an answer in that is one object: it is held whole, up to a limit, and read when it has ended.
final class ObjectReader<Object: LenientDecodable>: ResponseReader {
    private let limit: Int
    private let state: Locked<State>
    private let onElement: @Sendable (Object) -> Bool

    private struct State {
        var isObject = false
        var isTooLarge = false
        var body: [UInt8] = []
        var bodyBytes = 0
    }

    /// - Parameters:
    ///   - limit: The bytes that the body may have.
    ///   - take: Gets the object if there is one.
    init(limit: Int, _ take: @escaping @Sendable (Object) -> Bool) {
        self.limit = limit
        self.onElement = take
        state = Locked(State())
    }

    func receive(_ head: ResponseHead) {
        state.withLock { $0.isObject = head.status == 200 }
    }

    func receive(_ piece: RawSpan) -> Bool {
        state.withLock { state in
            state.bodyBytes += piece.byteCount
            guard state.isObject else {
                state.body.keepBeginning(piece)
                return state.bodyBytes < [UInt8].errorPageLimit
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

    func finish(isWhole: Bool) -> BodySummary {
        let state = state.withLock { state in
            defer { state.body = [] }
            return state
        }
        let content: BodySummary.Content =
            if state.isTooLarge { .tooLarge("it is larger than \(limit) bytes") } else if !state.isObject {
                .empty
            } else { content(of: state.body, isWhole: isWhole) }
        return BodySummary(
            expected: .object, prefix: Array(state.body.prefix([UInt8].beginningLimit)), content: content)
    }

    private func content(of body: [UInt8], isWhole: Bool) -> BodySummary.Content {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let unmarked = body.starts(with: mark) ? body[mark.count...] : body[...]
        let object = unmarked.drop { $0 == 0x20 || (0x09...0x0A).contains($0) || $0 == 0x0D }
        guard let first = object.first else { return .empty }
        guard first == UInt8(ascii: "{") else { return .foreign("it is no JSON object") }
        guard isWhole else { return .truncated }
        switch unsafe ElementDecoder().read(object.span.bytes, as: Object.self) {
        case .success(let object):
            _ = onElement(object)
            return .complete
        case .failure(let problem):
            return problem.kind == .nothingKnown ? .foreign(problem.detail) : .malformed("it is no well-formed JSON")
        }
    }
}
