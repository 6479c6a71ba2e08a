import Metrics

/// Where time comes from, so that tests can bring their own.
package struct Clocks: Sendable {
    /// Nanoseconds that only grow, also while the machine sleeps; from any start.
    package let monotonicNanoseconds: @Sendable () -> Int64
    /// Milliseconds since 1970 by this machine's clock, which may step either way.
    package let wallMilliseconds: @Sendable () -> Int64
    /// Sleeps until an instant of `monotonicNanoseconds`, and ends at once when the task is cancelled.
    package let sleep: @Sendable (_ untilMonotonicNanoseconds: Int64) async throws(CancellationError) -> Void

    package init(
        monotonicNanoseconds: @escaping @Sendable () -> Int64, wallMilliseconds: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (_ untilMonotonicNanoseconds: Int64) async throws(CancellationError) -> Void
    ) {
        self.monotonicNanoseconds = monotonicNanoseconds
        self.wallMilliseconds = wallMilliseconds
        self.sleep = sleep
    }

    /// The machine's own clocks: `ContinuousClock` and `WallClock`.
    package static var system: Clocks {
        let start = ContinuousClock.now
        return Clocks(
            monotonicNanoseconds: {
                let elapsed = start.duration(to: .now).components
                return elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
            },
            wallMilliseconds: WallClock.milliseconds,
            sleep: { (instant) async throws(CancellationError) in
                do {
                    try await Task.sleep(until: start + .nanoseconds(instant), clock: .continuous)
                } catch {
                    throw CancellationError()
                }
            })
    }
}
