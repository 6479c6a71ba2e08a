/// When each feed of an appliance is due: ticks aligned to its interval, never bunched after a delay.
struct PollSchedule: Sendable, Equatable {
    private var entries: [Entry]

    private struct Entry: Sendable, Equatable {
        let interval: Int64
        let phase: Int64
        var due: Int64
        /// When it was due at first; later than that it was put off.
        var since: Int64
    }

    /// How long, in nanoseconds, a feed lets the first one go before it: as long as a budget of requests is for.
    static let starvationLimit = RateLimiter.minute

    /// Every feed is due at once, then at whole intervals after its phase.
    ///
    /// - Parameters:
    ///   - intervals: Of each feed, in nanoseconds, the most important one first.
    ///   - phase: From 0 to below 1, so that appliances do not all tick together.
    init(intervals: [Int64], phase: Double, now: Int64) {
        entries = intervals.map { interval in
            let interval = max(interval, 1)
            return Entry(interval: interval, phase: Int64(Double(interval) * phase), due: now, since: now)
        }
    }

    /// The feed to be polled next, by its index: of those that are due the first one, unless another has lost its
    /// patience; else the one that will be due first.
    func next(at now: Int64) -> (feed: Int, due: Int64) {
        if let feed = entries.indices.first(where: { isStarved($0, at: now) }) {
            return (feed, entries[feed].due)
        }
        if let feed = entries.indices.first(where: { entries[$0].due <= now }) { return (feed, entries[feed].due) }
        var first = (feed: 0, due: Int64.max)
        for (feed, entry) in entries.enumerated() where entry.due < first.due { first = (feed, entry.due) }
        return first
    }

    /// Whether a feed has been put off so long that it goes before the first one.
    func isStarved(_ feed: Int, at now: Int64) -> Bool {
        feed > 0 && now - entries[feed].since >= Self.starvationLimit
    }

    /// The first aligned tick that is later than an instant and at least half an interval after `start`.
    func tick(of feed: Int, after instant: Int64, start: Int64) -> Int64 {
        let entry = entries[feed]
        let earliest = max(instant, start + entry.interval / 2) - entry.phase
        let (whole, rest) = earliest.quotientAndRemainder(dividingBy: entry.interval)
        return (rest < 0 ? whole : whole + 1) * entry.interval + entry.phase
    }

    /// The feed is due next at this instant.
    mutating func schedule(_ feed: Int, at instant: Int64) {
        entries[feed].due = instant
        entries[feed].since = instant
    }

    /// The feed is not due before this instant, for a reason that is not ours.
    mutating func postpone(_ feed: Int, to instant: Int64) {
        if entries[feed].due < instant { schedule(feed, at: instant) }
    }

    /// The feed has no room for a request before this instant; it is asked again then, or when its patience ends.
    mutating func deferForBudget(_ feed: Int, until instant: Int64, now: Int64) {
        let end = entries[feed].since + Self.starvationLimit
        entries[feed].due = end > now ? min(instant, end) : instant
    }
}
