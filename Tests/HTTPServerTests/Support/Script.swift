import HTTPServer
import Locking

/// A pulled body that says its lines one after the other, then ends.
final class Script: PulledBody {
    private let rest: Locked<[Pull]>
    private let onPull: @Sendable () -> Void

    init(_ steps: [Pull], onPull: @escaping @Sendable () -> Void = {}) {
        rest = Locked(steps)
        self.onPull = onPull
    }

    func next() -> Pull {
        onPull()
        return rest.withLock { $0.isEmpty ? .end : $0.removeFirst() }
    }
}

/// A pulled body that says one thing many times.
final class Repeated: PulledBody {
    private let piece: [UInt8]
    private let left: Locked<Int>

    init(_ piece: [UInt8], times: Int) {
        self.piece = piece
        left = Locked(times)
    }

    func next() -> Pull {
        left.withLock { left in
            left -= 1
            return left >= 0 ? .bytes(piece) : .end
        }
    }
}

extension Pull {
    static func text(_ text: String) -> Pull { .bytes(Array(text.utf8)) }
}
