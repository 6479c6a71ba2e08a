/// When each feed of an appliance is due: ticks aligned to its interval, never bunched after a delay.
struct PollSchedule: Sendable, Equatable {
    private var entries: [Entry]

    private struct Entry: Sendable, Equatable {
        let interval: Int64
        let phase: Int64
        let priority: FeedPriority
        var due: Int64
        /// When it was due originally; the budget may defer it.
        var since: Int64
    }

    /// How long, in nanoseconds, a feed gives way to those of higher priority: the period of the request budget.
    static let starvationLimit = RateLimiter.minute

    /// Every feed is due at `start`, then at multiples of its interval after its phase.
    ///
    /// - Parameters:
    ///   - feeds: Their intervals in nanoseconds.
    ///   - phase: From 0 to below 1, so that appliances do not all tick together.
    init(_ feeds: [(interval: Int64, priority: FeedPriority)], phase: Double, start: Int64) {
        entries = feeds.map { interval, priority in
            let interval = max(interval, 1)
            return Entry(
                interval: interval, phase: Int64(Double(interval) * phase), priority: priority, due: start,
                since: start)
        }
    }

    /// The feed to be polled next, by its index, and when: a starved one, else of those that are due the one of the
    /// highest priority that has been due for longest, else the one that will be due first. Nil without feeds.
    func next(at now: Int64) -> (feed: Int, due: Int64)? {
        let starved = entries.indices.filter { isStarved($0, at: now) }
        if let feed = starved.min(by: { entries[$0].since < entries[$1].since }) { return (feed, entries[feed].due) }
        let due = entries.indices.filter { entries[$0].due <= now }
        let feed =
            due.min { (entries[$0].priority, entries[$0].since) < (entries[$1].priority, entries[$1].since) }
            ?? entries.indices.min { entries[$0].due < entries[$1].due }
        return feed.map { ($0, entries[$0].due) }
    }

    /// Whether a feed has been deferred for so long that it precedes those of higher priority.
    func isStarved(_ feed: Int, at now: Int64) -> Bool {
        entries[feed].priority > .primary && now - entries[feed].since >= Self.starvationLimit
    }

    /// When the feed was due originally, before the budget deferred it.
    func scheduled(_ feed: Int) -> Int64 { entries[feed].since }

    /// The first aligned tick that is later than an instant and at least half an interval after `start`.
    func tick(of feed: Int, after instant: Int64, start: Int64) -> Int64 {
        let entry = entries[feed]
        let earliest = max(instant, start + entry.interval / 2) - entry.phase
        let (whole, rest) = earliest.quotientAndRemainder(dividingBy: entry.interval)
        return (rest < 0 ? whole : whole + 1) * entry.interval + entry.phase
    }

    /// Sets when the feed is due next.
    mutating func schedule(_ feed: Int, at instant: Int64) {
        entries[feed].due = instant
        entries[feed].since = instant
    }

    /// Delays the feed to this instant at least, because of the appliance.
    mutating func postpone(_ feed: Int, to instant: Int64) {
        if entries[feed].due < instant { schedule(feed, at: instant) }
    }

    /// Delays the feed to the next permit of the budget, but not beyond its starvation limit.
    mutating func deferForBudget(_ feed: Int, until instant: Int64, now: Int64) {
        let end = entries[feed].since + Self.starvationLimit
        entries[feed].due = end > now ? min(instant, end) : instant
    }
}

/// The order in which due feeds are polled, the most important first.
package enum FeedPriority: Int, Sendable, Comparable {
    /// The feed that must not wait: model breaches. It may use the whole request budget.
    case primary
    /// All others: together they use at most half of the request budget.
    case secondary

    package static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}

extension Int64 {
    /// Seconds in a smaller unit; large or infinite values do not overflow.
    init(seconds: Double, unit: Double) {
        self = seconds.isFinite ? Int64(Swift.max(0, Swift.min(seconds, 4e9)) * unit) : 0
    }
}
