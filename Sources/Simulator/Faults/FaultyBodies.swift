import HTTPServer
import Locking

/// The start of a body, then another end.
final class LimitedBody: BodyStream {
    private struct State {
        var left: Int
        var pending: [UInt8]?
        var isOver = false
    }
    private let body: any BodyStream
    private let ending: StreamChunk
    private let state: Locked<State>

    /// Passes at most `bytes`; a shorter body loses half of its last chunk, so that it is always truncated.
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
                    let ready = state.pending
                    state.pending = bytes
                    if let ready, !ready.isEmpty { return pass(ready, &state) }
                    // The next chunk is unknown; a chunk beyond the limit can be cut.
                    if bytes.count > state.left { return pass(bytes, &state) }
                case .wait(let wakeup): return .wait(wakeup)
                case .end:
                    state.isOver = true
                    guard let last = state.pending, last.count > 1, state.left > 0 else { return ending }
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

/// A slow body: ten chunks a second with pauses.
final class SlowBody: BodyStream {
    private struct State {
        var rest: ArraySlice<UInt8> = []
        var isResting = false
    }
    private let body: any BodyStream
    private let bytesPerSecond: Int
    private let state = Locked(State())

    init(_ body: any BodyStream, bytesPerSecond: Int) {
        self.body = body
        self.bytesPerSecond = max(1, bytesPerSecond)
    }

    func next() -> StreamChunk {
        state.withLock { state in
            if state.rest.isEmpty {
                let pull = body.next()
                guard case .bytes(let bytes) = pull else { return pull }
                state.rest = bytes[...]
            }
            state.isResting.toggle()
            let portion = max(1, bytesPerSecond / 10)
            if state.isResting {
                return .wait(Wakeup(afterMilliseconds: max(1, portion * 1_000 / bytesPerSecond)))
            }
            let bytes = Array(state.rest.prefix(portion))
            state.rest = state.rest.dropFirst(portion)
            return .bytes(bytes)
        }
    }
}

/// Bytes in memory as a body stream.
final class BufferedBody: BodyStream {
    private let rest: Locked<[UInt8]?>

    init(_ bytes: [UInt8]) { rest = Locked(bytes) }

    func next() -> StreamChunk {
        rest.withLock { rest in
            defer { rest = nil }
            guard let bytes = rest, !bytes.isEmpty else { return .end }
            return .bytes(bytes)
        }
    }
}
