/// How many requests an appliance gets in any minute, all feeds together.
struct RateLimiter: Sendable, Equatable {
    private let limit: Int
    /// When the requests of the last minute were sent, in nanoseconds.
    private var recentRequests: [Int64] = []

    /// In nanoseconds.
    static let minute: Int64 = 60_000_000_000

    init(requestsPerMinute: Int) {
        limit = max(1, requestsPerMinute)
    }

    /// What catching up leaves to the ticks, so that new data never waits for old.
    var reservedPermits: Int { limit >= 4 ? 2 : limit >= 2 ? 1 : 0 }

    /// When a request may be sent that leaves `reserve` of the budget untouched; `now` when it may at once.
    func nextPermit(now: Int64, keeping reserve: Int = 0) -> Int64 {
        let allowed = max(1, limit - reserve)
        let recent = recentRequests.drop { $0 + Self.minute <= now }
        guard recent.count >= allowed else { return now }
        return recent[recent.endIndex - allowed] + Self.minute
    }

    /// A request is sent now.
    mutating func recordRequest(at now: Int64) {
        recentRequests.removeAll { $0 + Self.minute <= now }
        recentRequests.append(now)
    }
}
