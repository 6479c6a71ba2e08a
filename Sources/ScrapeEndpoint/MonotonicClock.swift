import Glibc

/// A monotonic clock as a parameter, so that tests can move time.
package struct MonotonicClock: Sendable {
    /// Nanoseconds since an arbitrary start; never decreases.
    package let nanoseconds: @Sendable () -> Int64

    package init(nanoseconds: @escaping @Sendable () -> Int64) { self.nanoseconds = nanoseconds }

    /// `CLOCK_MONOTONIC`.
    package static let system = MonotonicClock {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
