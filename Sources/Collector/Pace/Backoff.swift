/// How long an appliance is left alone after a failure: exponential, with full jitter.
struct Backoff: Sendable, Equatable {
    private let interval: Double
    private(set) var failures = 0

    /// - Parameter interval: Of the ticks, in seconds.
    init(interval: Double) {
        self.interval = interval
    }

    /// What the appliance holds against us.
    enum Cause: Sendable, Equatable {
        /// The credentials or what they may do: an appliance keeps an audit log of such tries.
        case credentials
        /// One request, for a reason that lasts until somebody does something about it.
        case persistent
        /// Anything else.
        case other

        /// The longest delay in seconds, unless the ticks themselves are further apart.
        var limit: Double {
            switch self {
            case .persistent: 3_600
            case .credentials: 900
            case .other: 300
            }
        }
    }

    /// The longest time, in seconds, that `Retry-After` is obeyed.
    static let longestRetryAfter = 3_600.0

    /// Counts a failure and returns the delay until the next try, in seconds.
    ///
    /// - Parameter retryAfter: What the appliance asked for, in seconds: never less is waited, up to an hour.
    mutating func recordFailure(
        _ cause: Cause, retryAfter: Double?, using generator: inout some RandomNumberGenerator
    ) -> Double {
        var ceiling = interval
        let limit = max(interval, cause.limit)
        for _ in 0..<min(failures, 32) where ceiling < limit { ceiling *= 2 }
        failures += 1
        ceiling = cause == .persistent ? limit : min(ceiling, limit)
        // What lasts is tried rarely from the beginning.
        let least = cause == .persistent ? limit / 2 : min(1, ceiling)
        let delay = Double.random(in: least...max(ceiling, least), using: &generator)
        return max(delay, min(retryAfter ?? 0, Self.longestRetryAfter))
    }

    /// A poll succeeded.
    mutating func reset() { failures = 0 }
}
