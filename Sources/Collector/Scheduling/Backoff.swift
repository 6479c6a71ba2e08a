/// The delay after failures: exponential, with full jitter.
struct Backoff: Sendable, Equatable {
    private let interval: Duration
    private(set) var failures = 0

    /// - Parameter interval: Of the polls.
    init(interval: Duration) {
        self.interval = interval
    }

    /// What a failure is about.
    enum Cause: Sendable, Equatable {
        /// The credentials or their permissions: an appliance keeps an audit log of such attempts.
        case credentials
        /// One request, for a reason that lasts until an administrator changes something.
        case persistent
        case other

        /// The longest delay, unless the polls themselves are further apart.
        var limit: Duration {
            switch self {
            case .persistent: .hour
            case .credentials: .minute * 15
            case .other: .minute * 5
            }
        }
    }

    /// The longest `Retry-After` that is honoured.
    static let longestRetryAfter = Duration.hour

    /// Counts a failure and returns the delay until the next attempt.
    ///
    /// - Parameter retryAfter: What the appliance asked for: a lower bound of the delay, up to an hour.
    mutating func recordFailure(
        _ cause: Cause, retryAfter: Duration?, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        var ceiling = interval
        let limit = max(interval, cause.limit)
        for _ in 0..<min(failures, 32) where ceiling < limit { ceiling *= 2 }
        failures += 1
        ceiling = cause == .persistent ? limit : min(ceiling, limit)
        // A persistent failure is retried rarely from the first one on.
        let least = cause == .persistent ? limit / 2 : min(.seconds(1), ceiling)
        let range = least.inSeconds...max(ceiling, least).inSeconds
        let delay = Duration(bounded: Double.random(in: range, using: &generator))
        return max(delay, min(retryAfter ?? .zero, Self.longestRetryAfter))
    }

    /// A poll succeeded.
    mutating func reset() { failures = 0 }
}

/// A small seeded generator for jitter (SplitMix64, by Steele, Lea and Flood).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Gives every name its own sequence under one seed.
    init(seed: UInt64, name: String) {
        state = name.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
