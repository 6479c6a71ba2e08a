import HTTPServer
import Locking

/// A body that trickles: a tenth of a second's bytes, a tenth of a second's pause.
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
