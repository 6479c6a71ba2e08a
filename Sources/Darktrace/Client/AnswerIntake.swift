import Locking

/// Takes the answer of one try in: a list goes to the splitter record by record, of anything else the beginning is
/// kept, because only its text tells one refusal from another.
final class AnswerIntake<Element: Record>: AnswerReceiver {
    private let state: Locked<State>
    private let take: @Sendable (Result<Element, UnreadableRecord>) -> Bool

    private struct State: ~Copyable {
        var isList = false
        var splitter = ArraySplitter()
        let decoder = ElementDecoder()
        var failure: SplitFailure?
        /// The first bytes of the body.
        var beginning: [UInt8] = []
        var bodyBytes = 0
    }

    /// Longer pages of error are cut off: what they say stands at their beginning.
    private static var beginningLimit: Int { 4_096 }
    private static var errorPageLimit: Int { 65_536 }

    init(_ take: @escaping @Sendable (Result<Element, UnreadableRecord>) -> Bool) {
        self.take = take
        state = Locked(State())
    }

    func receive(_ head: AnswerHead) {
        state.withLock { $0.isList = head.status == 200 }
    }

    func receive(_ piece: RawSpan) -> Bool {
        state.withLock { state in
            let room = Self.beginningLimit - state.beginning.count
            if room > 0 {
                let part = piece.extracting(first: min(room, piece.byteCount))
                unsafe part.withUnsafeBytes { unsafe state.beginning.append(contentsOf: $0) }
            }
            state.bodyBytes += piece.byteCount
            guard state.isList, state.failure == nil else { return state.bodyBytes < Self.errorPageLimit }
            do throws(SplitFailure) {
                try state.splitter.split(piece) { take(state.decoder.read($0)) }
                return true
            } catch {
                state.failure = error
                // A page in place of the list is read on for its text; a list that goes wrong later is given up.
                return error == .notAnArray && state.bodyBytes < Self.beginningLimit
            }
        }
    }

    /// What came, once the transport has ended.
    func evidence() -> AnswerBody {
        state.withLock { state in
            let list: AnswerBody.List =
                if let failure = state.failure { .broken(failure) } else if state.splitter.isComplete {
                    .complete
                } else { state.bodyBytes == 0 || state.splitter.isEmpty ? .empty : .cut }
            return AnswerBody(beginning: state.beginning, list: list)
        }
    }
}

/// What the body of an answer turned out to be.
struct AnswerBody: Sendable, Equatable {
    /// The first bytes.
    var beginning: [UInt8] = []
    var list = List.empty

    /// How far the list came; without meaning unless the status is 200.
    enum List: Sendable, Equatable {
        case complete, empty, cut
        case broken(SplitFailure)
    }

    /// The beginning as text in lower case, to look for what it says.
    var words: String { String(decoding: beginning, as: UTF8.self).lowercased() }

    /// The body begins as a page does, or is one by its title.
    var isPage: Bool {
        words.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.hasPrefix("<")
    }
}
