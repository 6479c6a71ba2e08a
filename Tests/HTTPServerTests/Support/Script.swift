import Dispatch
import HTTPServer
import Locking

/// A pulled body that says its lines one after the other, then ends.
final class Script: BodyStream {
    private let rest: Locked<[StreamChunk]>
    private let onPull: @Sendable () -> Void

    init(_ steps: [StreamChunk], onPull: @escaping @Sendable () -> Void = {}) {
        rest = Locked(steps)
        self.onPull = onPull
    }

    func next() -> StreamChunk {
        onPull()
        return rest.withLock { $0.isEmpty ? .end : $0.removeFirst() }
    }
}

/// A pulled body that says one thing many times.
final class Repeated: BodyStream {
    private let piece: [UInt8]
    private let left: Locked<Int>

    init(_ piece: [UInt8], times: Int) {
        self.piece = piece
        left = Locked(times)
    }

    func next() -> StreamChunk {
        left.withLock { left in
            left -= 1
            return left >= 0 ? .bytes(piece) : .end
        }
    }
}

extension StreamChunk {
    /// Nothing for this long.
    static func pause(milliseconds: Int) -> StreamChunk { .wait(Wakeup(afterMilliseconds: milliseconds)) }

    static func text(_ text: String) -> StreamChunk { .bytes(Array(text.utf8)) }
}

extension Wakeup {
    convenience init(afterMilliseconds milliseconds: Int) {
        self.init()
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { self.fire() }
    }
}

extension Response {
    /// Never responds.
    static var silence: Response { .deferred(Wakeup()) { _ in .abort } }
}
