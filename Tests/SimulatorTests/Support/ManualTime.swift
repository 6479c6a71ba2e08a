import Locking

/// A monotonic clock that only moves when a test says so.
final class ManualTime: Sendable {
    private let nanoseconds = Locked<Int64>(0)

    var source: @Sendable () -> Int64 { { self.nanoseconds.withLock { $0 } } }

    func pass(seconds: Double) { nanoseconds.withLock { $0 += Int64(seconds * 1e9) } }
}
