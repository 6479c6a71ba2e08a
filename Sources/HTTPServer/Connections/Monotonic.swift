import Glibc

/// An instant of `CLOCK_MONOTONIC`, or a span between two, in nanoseconds.
typealias Nanoseconds = Int64

/// Now, by the clock that never steps.
func monotonicNow() -> Nanoseconds {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

extension Nanoseconds {
    /// A span of seconds; what cannot be counted is a hundred years.
    init(seconds: Double) {
        let ceiling = 3_155_760_000.0
        self = Int64((seconds.isNaN ? ceiling : Swift.min(Swift.max(0, seconds), ceiling)) * 1_000_000_000)
    }
}
