import Locking

/// Takes the answer of one try in: a list goes to the splitter record by record, of anything else the beginning is
/// kept, because only its text tells one refusal from another.
final class ArrayReader<Element: LenientDecodable>: ResponseReader {
    private let state: Locked<State>
    private let onElement: @Sendable (Result<Element, UnreadableRecord>) -> Bool

    private struct State: ~Copyable {
        var isList = false
        var splitter = ArraySplitter()
        let decoder = ElementDecoder()
        var failure: ArraySplitterError?
        var beginning: [UInt8] = []
        var bodyBytes = 0
    }

    init(_ take: @escaping @Sendable (Result<Element, UnreadableRecord>) -> Bool) {
        self.onElement = take
        state = Locked(State())
    }

    func receive(_ head: ResponseHead) {
        state.withLock { $0.isList = head.status == 200 }
    }

    func receive(_ piece: RawSpan) -> Bool {
        state.withLock { state in
            state.beginning.keepBeginning(piece)
            state.bodyBytes += piece.byteCount
            guard state.isList, state.failure == nil else { return state.bodyBytes < [UInt8].errorPageLimit }
            do throws(ArraySplitterError) {
                try state.splitter.split(piece) { onElement(state.decoder.read($0)) }
                return true
            } catch {
                state.failure = error
                // A page in place of the list is read on for its text; a list that goes wrong later is given up.
                return error == .notAnArray && state.bodyBytes < [UInt8].beginningLimit
            }
        }
    }

    func finish(isWhole: Bool) -> BodySummary {
        state.withLock { state in
            let content: BodySummary.Content =
                if let failure = state.failure { BodySummary.Content(failure) } else if state.splitter.isComplete {
                    .complete
                } else { state.bodyBytes == 0 || state.splitter.isEmpty ? .empty : .truncated }
            return BodySummary(expected: .list, prefix: state.beginning, content: content)
        }
    }
}

extension BodySummary.Content {
    fileprivate init(_ failure: ArraySplitterError) {
        switch failure {
        case .notAnArray: self = .foreign(failure.description)
        case .unwanted: self = .tooLarge(failure.description)
        default: self = .malformed(failure.description)
        }
    }
}
