/// When each feed of an appliance is due: ticks aligned to its interval, never bunched after a delay.
struct PollSchedule: Sendable, Equatable {
    private var entries: [Entry]
    private var lastPolled: FeedPriority?

    private struct Entry: Sendable, Equatable {
        let interval: Duration
        let phase: Duration
        let priority: FeedPriority
        var due: MonotonicInstant
        /// When it was due originally; the budget may defer it.
        var since: MonotonicInstant
    }

    /// How long a feed gives way to those of higher priority: the period of the request budget.
    static let starvationLimit = Duration.minute

    /// Every feed is due at `start`, then at multiples of its interval after its phase.
    ///
    /// - Parameter phase: From 0 to below 1, so that appliances do not all tick together.
    init(_ feeds: [(interval: Duration, priority: FeedPriority)], phase: Double, start: MonotonicInstant) {
        entries = feeds.map { interval, priority in
            let interval = max(interval, .nanoseconds(1))
            return Entry(
                interval: interval, phase: .nanoseconds(Int64(Double(interval.nanoseconds) * phase)),
                priority: priority, due: start, since: start)
        }
    }

    /// The feed to be polled next, by its index, and when. Nil without feeds.
    ///
    /// Of those that are due it is a starved one, else the one of the highest priority that has been due for longest.
    /// A starved one goes first once, so that others of its priority do not follow it before the primary one.
    func next(at now: MonotonicInstant) -> (feed: Int, due: MonotonicInstant)? {
        let due = entries.indices.filter { entries[$0].due <= now }
        let feed =
            due.filter { lastPolled != .secondary && isStarved($0, at: now) }.min {
                entries[$0].since < entries[$1].since
            }
            ?? due.min { (entries[$0].priority, entries[$0].since) < (entries[$1].priority, entries[$1].since) }
            ?? entries.indices.min { entries[$0].due < entries[$1].due }
        return feed.map { ($0, entries[$0].due) }
    }

    /// Whether a feed has been deferred for so long that it precedes those of higher priority.
    func isStarved(_ feed: Int, at now: MonotonicInstant) -> Bool {
        entries[feed].priority > .primary && now - entries[feed].since >= Self.starvationLimit
    }

    /// When the feed was due originally, before the budget deferred it.
    func scheduled(_ feed: Int) -> MonotonicInstant { entries[feed].since }

    /// When the next feed of higher priority is due; nil if there is none.
    func nextOfHigherPriority(than feed: Int) -> MonotonicInstant? {
        entries.filter { $0.priority < entries[feed].priority }.map(\.due).min()
    }

    /// The first aligned tick that is later than an instant and at least half an interval after `start`.
    func tick(of feed: Int, after instant: MonotonicInstant, start: MonotonicInstant) -> MonotonicInstant {
        let interval = entries[feed].interval.nanoseconds
        let phase = entries[feed].phase.nanoseconds
        let earliest = max(instant.nanoseconds, start.nanoseconds + interval / 2) - phase
        let (whole, rest) = earliest.quotientAndRemainder(dividingBy: interval)
        return MonotonicInstant(nanoseconds: (rest < 0 ? whole : whole + 1) * interval + phase)
    }

    /// Records that the feed is polled.
    mutating func recordPoll(of feed: Int) { lastPolled = entries[feed].priority }

    /// Sets when the feed is due next.
    mutating func schedule(_ feed: Int, at instant: MonotonicInstant) {
        entries[feed].due = instant
        entries[feed].since = instant
    }

    /// Delays the feed to this instant at least, because of the appliance.
    mutating func postpone(_ feed: Int, to instant: MonotonicInstant) {
        if entries[feed].due < instant { schedule(feed, at: instant) }
    }

    /// Delays the feed until the budget has a permit for it; it stays due since it was.
    mutating func deferForBudget(_ feed: Int, until instant: MonotonicInstant) {
        entries[feed].due = instant
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
