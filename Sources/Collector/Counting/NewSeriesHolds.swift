import Ledger

/// When the holds of new model series end.
struct NewSeriesHolds: Sendable, Equatable {
    private let duration: Duration
    private var ends: [RowKey: MonotonicInstant] = [:]

    /// The greatest age of what a scrape gets: it may show a new series so much later, and its true value at once.
    private static let scrapeDelay = Duration.seconds(1)

    /// - Parameter duration: How long every scraper can see a new series as 0.
    init(duration: Duration) { self.duration = duration }

    /// Starts the hold of those series that have none yet; they have just been published.
    mutating func start(_ keys: [RowKey], at now: MonotonicInstant) {
        for key in keys where ends[key] == nil { ends[key] = now + duration + Self.scrapeDelay }
    }

    /// Whether new series are held at all.
    var isEnabled: Bool { duration > .zero }

    /// All held series.
    var keys: [RowKey] { Array(ends.keys) }

    /// When the next hold ends.
    var due: MonotonicInstant? { ends.values.min() }

    /// The series whose hold has ended.
    func expired(at now: MonotonicInstant) -> [RowKey] {
        ends.filter { $0.value <= now }.map(\.key)
    }

    /// Forgets series that the ledger has released.
    mutating func remove(_ keys: [RowKey]) {
        for key in keys { ends[key] = nil }
    }

    /// Schedules another attempt for series that the ledger could not release.
    mutating func postpone(_ keys: [RowKey], until instant: MonotonicInstant) {
        for key in keys { ends[key] = instant }
    }
}
