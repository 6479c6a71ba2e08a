import Glibc
import Locking

/// The time of the simulated world, which may run faster than real time; what an appliance shows is its own skew apart.
///
/// All times are milliseconds since 1970.
package final class SimulatedClock: Sendable {
    private struct Anchor {
        var world: Int64
        var monotonic: Int64
        var speed: Double
    }
    private let anchor: Locked<Anchor>
    private let monotonic: @Sendable () -> Int64

    /// A clock that shows `milliseconds` now and from then on runs `speed` times as fast as `monotonic` (nanoseconds).
    package init(
        startingAt milliseconds: Int64, speed: Double,
        monotonic: @escaping @Sendable () -> Int64 = SimulatedClock.monotonicNanoseconds
    ) {
        self.monotonic = monotonic
        anchor = Locked(Anchor(world: milliseconds, monotonic: monotonic(), speed: speed))
    }

    /// The world's time.
    package var now: Int64 {
        let instant = monotonic()
        return anchor.withLock { Self.world($0, at: instant) }
    }

    /// World seconds in a real second.
    package var speed: Double { anchor.withLock { $0.speed } }

    /// Goes on at another speed from now; the time itself does not jump.
    package func run(at speed: Double) {
        let instant = monotonic()
        anchor.withLock {
            $0 = Anchor(world: Self.world($0, at: instant), monotonic: instant, speed: speed)
        }
    }

    /// Goes forward at once, as after a long sleep: everything of the time between has happened. Never backward.
    package func advance(milliseconds: Int64) {
        anchor.withLock { $0.world += max(0, milliseconds) }
    }

    private static func world(_ anchor: Anchor, at instant: Int64) -> Int64 {
        anchor.world + Int64(Double(instant - anchor.monotonic) / 1_000_000 * anchor.speed)
    }

    /// Nanoseconds of `CLOCK_MONOTONIC`.
    package static let monotonicNanoseconds: @Sendable () -> Int64 = { nanoseconds(CLOCK_MONOTONIC) }

    /// Milliseconds since 1970 by the machine's clock.
    package static var wallMilliseconds: Int64 { nanoseconds(CLOCK_REALTIME) / 1_000_000 }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
