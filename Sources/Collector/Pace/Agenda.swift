/// When each feed of an appliance is due: ticks aligned to its interval, never bunched after a delay.
struct Agenda: Sendable, Equatable {
    private var entries: [Entry]

    private struct Entry: Sendable, Equatable {
        let interval: Int64
        let phase: Int64
        var due: Int64
    }

    /// Every feed is due at once, then at whole intervals after its phase.
    ///
    /// - Parameters:
    ///   - intervals: Of each feed, in nanoseconds.
    ///   - phase: From 0 to below 1, so that appliances do not all tick together.
    init(intervals: [Int64], phase: Double, now: Int64) {
        entries = intervals.map { interval in
            let interval = max(interval, 1)
            return Entry(interval: interval, phase: Int64(Double(interval) * phase), due: now)
        }
    }

    /// The feed that is due first, by its index.
    var next: (feed: Int, due: Int64) {
        var first = (feed: 0, due: Int64.max)
        for (feed, entry) in entries.enumerated() where entry.due < first.due { first = (feed, entry.due) }
        return first
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
    }
}
