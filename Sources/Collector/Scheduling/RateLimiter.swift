import Locking

/// Permits at most so many requests within any minute, over all feeds of an appliance.
struct RateLimiter: Sendable, Equatable {
    var limit: Int {
        didSet { limit = max(1, limit) }
    }
    /// When the requests of the last minute were sent, in nanoseconds.
    private var recentRequests: [Int64] = []

    /// In nanoseconds.
    static let minute: Int64 = 60_000_000_000

    init(requestsPerMinute: Int) {
        limit = max(1, requestsPerMinute)
    }

    /// The permits that catch-up leaves to scheduled polls, so that new data never waits for old.
    var reservedPermits: Int { limit >= 4 ? 2 : limit >= 2 ? 1 : 0 }

    /// When a request may be sent that leaves `reserve` permits untouched; `now` when it may be sent at once.
    func nextPermit(now: Int64, keeping reserve: Int = 0) -> Int64 {
        let allowed = max(1, limit - reserve)
        let recent = recentRequests.drop { $0 + Self.minute <= now }
        guard recent.count >= allowed else { return now }
        return recent[recent.endIndex - allowed] + Self.minute
    }

    /// Records a request that is sent now.
    mutating func recordRequest(at now: Int64) {
        recentRequests.removeAll { $0 + Self.minute <= now }
        recentRequests.append(now)
    }
}

/// The request budget of an appliance: it outlives its pollers, so that a reload never permits more requests.
final class RequestBudget: Sendable {
    private let limiter: Locked<RateLimiter>

    init(requestsPerMinute: Int = 1) { limiter = Locked(RateLimiter(requestsPerMinute: requestsPerMinute)) }

    /// Changes the limit; the requests of the last minute still count.
    func setLimit(_ requestsPerMinute: Int) { limiter.withLock { $0.limit = requestsPerMinute } }

    /// - Parameter canWait: Leave the reserved permits to more important requests.
    func nextPermit(now: Int64, canWait: Bool) -> Int64 {
        limiter.withLock { $0.nextPermit(now: now, keeping: canWait ? $0.reservedPermits : 0) }
    }

    func recordRequest(at now: Int64) { limiter.withLock { $0.recordRequest(at: now) } }
}
