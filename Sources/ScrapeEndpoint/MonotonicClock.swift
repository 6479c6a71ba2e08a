import Glibc

/// A monotonic clock as a parameter, so that tests can move time.
package struct MonotonicClock: Sendable {
    /// Nanoseconds since an arbitrary start; never decreases.
    package let nanoseconds: @Sendable () -> Int64
    /// Sleeps until an instant of the same clock; throws when the task is cancelled.
    package let sleep: @Sendable (_ untilNanoseconds: Int64) async throws -> Void

    package init(
        nanoseconds: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (_ untilNanoseconds: Int64) async throws -> Void
    ) {
        self.nanoseconds = nanoseconds
        self.sleep = sleep
    }

    /// `CLOCK_MONOTONIC`.
    package static let system = MonotonicClock(
        nanoseconds: monotonicNanoseconds,
        sleep: { instant in
            let wait = instant - monotonicNanoseconds()
            if wait > 0 { try await Task.sleep(for: .nanoseconds(wait)) }
        })
}

private func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
