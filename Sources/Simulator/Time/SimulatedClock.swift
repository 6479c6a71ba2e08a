import Glibc
import Locking

/// World time, which may run faster than real time; an appliance's clock can differ by its skew.
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

    /// The current world time.
    package var now: Int64 {
        let instant = monotonic()
        return anchor.withLock { Self.world($0, at: instant) }
    }

    /// Simulated seconds per real second.
    package var speed: Double { anchor.withLock { $0.speed } }

    /// Changes the speed from now on; the time does not jump.
    package func run(at speed: Double) {
        let instant = monotonic()
        anchor.withLock {
            $0 = Anchor(world: Self.world($0, at: instant), monotonic: instant, speed: speed)
        }
    }

    /// Moves the time forward; everything in between has happened. Negative values are ignored.
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

/// The offset of an appliance's clock from world time, a step function of world time.
///
/// A record keeps the creation time of the clock at its creation, so a step does not change earlier records.
struct Skew: Sendable, Equatable {
    private struct Step: Sendable, Equatable {
        var since: Int64
        var offset: Int64
    }
    private var steps: [Step]

    /// A clock that was always `offset` milliseconds ahead.
    init(offset: Int64) { steps = [Step(since: .min, offset: offset)] }

    /// Milliseconds that the clock is ahead at a world time.
    func offset(at world: Int64) -> Int64 {
        steps.last { $0.since <= world }?.offset ?? 0
    }

    /// Sets the clock `offset` milliseconds ahead from an instant on.
    mutating func set(offset: Int64, since world: Int64) {
        steps.append(Step(since: world, offset: offset))
    }

    /// A range of world time that contains every instant at which the clock shows a time in this range.
    func world(showing range: ClosedRange<Int64>) -> ClosedRange<Int64> {
        let offsets = steps.map(\.offset)
        let least = offsets.min() ?? 0
        let most = offsets.max() ?? 0
        let lower = range.lowerBound.subtractingReportingOverflow(most)
        let upper = range.upperBound.subtractingReportingOverflow(least)
        return
            (lower.overflow ? .min : lower.partialValue)...(upper.overflow
            ? .max : max(lower.partialValue, upper.partialValue))
    }
}
