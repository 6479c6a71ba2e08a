import HTTPServer
import Locking

/// The beginning of a body, and then a wrong end.
final class LimitedBody: BodyStream {
    private struct State {
        var left: Int
        var held: [UInt8]?
        var isOver = false
    }
    private let body: any BodyStream
    private let ending: StreamChunk
    private let state: Locked<State>

    /// Lets at most `bytes` through; a body that is not longer loses half of its last piece, so that it always breaks.
    init(_ body: any BodyStream, bytes: Int, ending: StreamChunk) {
        self.body = body
        self.ending = ending
        state = Locked(State(left: bytes))
    }

    func next() -> StreamChunk {
        state.withLock { state in
            guard !state.isOver else { return ending }
            while true {
                switch body.next() {
                case .bytes(let bytes):
                    let ready = state.held
                    state.held = bytes
                    if let ready, !ready.isEmpty { return pass(ready, &state) }
                    // Nothing is known to follow yet; a piece beyond the limit is one that can be cut.
                    if bytes.count > state.left { return pass(bytes, &state) }
                case .wait(let wakeup): return .wait(wakeup)
                case .end:
                    state.isOver = true
                    guard let last = state.held, last.count > 1, state.left > 0 else { return ending }
                    return .bytes(Array(last.prefix(min(state.left, last.count / 2))))
                case .abort(let isReset): return .abort(reset: isReset)
                }
            }
        }
    }

    private func pass(_ bytes: [UInt8], _ state: inout State) -> StreamChunk {
        guard bytes.count > state.left else {
            state.left -= bytes.count
            return .bytes(bytes)
        }
        state.isOver = true
        return state.left > 0 ? .bytes(Array(bytes.prefix(state.left))) : ending
    }
}
