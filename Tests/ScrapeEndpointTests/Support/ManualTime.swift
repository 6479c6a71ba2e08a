import Locking
import ScrapeEndpoint

/// A clock that only a test moves.
final class ManualTime: Sendable {
    private let now = Locked<Int64>(0)

    var steady: MonotonicClock { MonotonicClock { self.now.withLock { $0 } } }

    func advance(milliseconds: Int64) { now.withLock { $0 += milliseconds * 1_000_000 } }
}
