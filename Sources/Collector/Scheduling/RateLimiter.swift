import Locking

/// Permits at most so many requests within any minute, over all feeds of an appliance, and at most half of them to
/// secondary feeds.
struct RateLimiter: Sendable, Equatable {
    var limit: Int {
        didSet { limit = max(1, limit) }
    }
    private var recentRequests: [Request] = []

    private struct Request: Sendable, Equatable {
        let sent: MonotonicInstant
        let isSecondary: Bool
    }

    /// What a request is for: it decides which permits it may use.
    enum Purpose: Sendable, Equatable {
        /// New data of the primary feed: it may use every permit.
        case scheduled
        /// Old data of the primary feed: it leaves permits to new data.
        case catchUp
        /// A secondary feed: all of them share half of the permits.
        case secondary
    }

    init(requestsPerMinute: Int) {
        limit = max(1, requestsPerMinute)
    }

    /// How many requests secondary feeds may send, within which time: half of the limit, which for a limit of one is a
    /// request every two minutes.
    var secondaryShare: (requests: Int, period: Duration) {
        limit == 1 ? (1, .minute * 2) : (limit / 2, .minute)
    }

    /// The permits that catch-up leaves to scheduled polls, so that new data never waits for old.
    var reservedPermits: Int { limit >= 4 ? 2 : limit >= 2 ? 1 : 0 }

    /// When a request may be sent; `now` when it may be sent at once.
    func nextPermit(for purpose: Purpose, at now: MonotonicInstant) -> MonotonicInstant {
        switch purpose {
        case .scheduled: nextPermit(recentRequests, limit, .minute, now)
        case .catchUp: nextPermit(recentRequests, max(1, limit - reservedPermits), .minute, now)
        case .secondary:
            max(
                nextPermit(recentRequests, limit, .minute, now),
                nextPermit(recentRequests.filter(\.isSecondary), secondaryShare.requests, secondaryShare.period, now))
        }
    }

    private func nextPermit(
        _ requests: [Request], _ allowed: Int, _ period: Duration, _ now: MonotonicInstant
    ) -> MonotonicInstant {
        let recent = requests.drop { $0.sent + period <= now }
        guard recent.count >= allowed else { return now }
        return recent[recent.endIndex - allowed].sent + period
    }

    /// Records a request that is sent now.
    mutating func recordRequest(isSecondary: Bool, at now: MonotonicInstant) {
        recentRequests.removeAll { $0.sent + .minute * 2 <= now }
        recentRequests.append(Request(sent: now, isSecondary: isSecondary))
    }
}

/// The request budget of an appliance: it outlives its pollers, so that a reload never permits more requests.
final class RequestBudget: Sendable {
    private let limiter: Locked<RateLimiter>

    init(requestsPerMinute: Int = 1) { limiter = Locked(RateLimiter(requestsPerMinute: requestsPerMinute)) }

    /// Changes the limit; the requests of the last minutes still count.
    func setLimit(_ requestsPerMinute: Int) { limiter.withLock { $0.limit = requestsPerMinute } }

    func nextPermit(for purpose: RateLimiter.Purpose, at now: MonotonicInstant) -> MonotonicInstant {
        limiter.withLock { $0.nextPermit(for: purpose, at: now) }
    }

    func recordRequest(isSecondary: Bool, at now: MonotonicInstant) {
        limiter.withLock { $0.recordRequest(isSecondary: isSecondary, at: now) }
    }
}
