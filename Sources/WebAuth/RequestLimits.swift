import Configuration
import Locking

/// The limit of `rate_limit` for each client address, and there for authenticated clients and all others separately.
///
/// With one limit for all, as in exporter-toolkit, a client without a password could lock every scraper out.
final class RequestLimits: Sendable {
    /// After how many seconds at most a refused client can try again.
    let retrySeconds: Int
    private let fresh: RequestLimit
    private let limits = Locked<[Client: RequestLimit]>([:])

    private struct Client: Hashable {
        /// Nil for all that do not fit.
        let address: [UInt8]?
        let isAuthenticated: Bool
    }

    /// How many clients have a limit of their own.
    private static let maxClients = 4_096

    init(_ limit: WebConfiguration.RateLimit) {
        fresh = RequestLimit(
            intervalNanoseconds: Int64(limit.intervalSeconds * 1_000_000_000), burst: Int64(limit.burst))
        retrySeconds = Int(limit.intervalSeconds.rounded(.up))
    }

    /// Whether a request may be answered now, in monotonic nanoseconds; counts it if so.
    func allow(client: [UInt8], isAuthenticated: Bool, at now: Int64) -> Bool {
        limits.withLock { limits in
            var client = Client(address: client, isAuthenticated: isAuthenticated)
            if limits[client] == nil, limits.count >= Self.maxClients {
                limits = limits.filter { !$0.value.isFull(at: now) }
                if limits.count >= Self.maxClients { client = Client(address: nil, isAuthenticated: isAuthenticated) }
            }
            return limits[client, default: fresh].take(at: now)
        }
    }
}

/// A token bucket that stores one instant: when it will be full again (the generic cell rate algorithm).
struct RequestLimit {
    private let interval: Int64
    /// How long a bucket with one token takes to be full.
    private let capacity: Int64
    private var fullAt: Int64?

    /// A full bucket.
    init(intervalNanoseconds: Int64, burst: Int64) {
        interval = intervalNanoseconds
        let (product, isTooLong) = intervalNanoseconds.multipliedReportingOverflow(by: burst - 1)
        capacity = isTooLong ? .max / 4 : min(product, .max / 4)
    }

    /// Takes a token; false when there is none.
    mutating func take(at now: Int64) -> Bool {
        let start = max(fullAt ?? now, now)
        guard start - now <= capacity else { return false }
        fullAt = start + interval
        return true
    }

    /// Whether it is as good as new.
    func isFull(at now: Int64) -> Bool { fullAt ?? now <= now }
}
