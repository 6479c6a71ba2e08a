import Ledger

/// When the holds of new model series end.
struct NewSeriesHolds: Sendable, Equatable {
    private let nanoseconds: Int64
    private var ends: [RowKey: Int64] = [:]

    /// - Parameter nanoseconds: Duration of a hold, from the first exposition of the series.
    init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Starts the hold of those series that have none yet.
    mutating func start(_ keys: [RowKey], at monotonic: Int64) {
        for key in keys where ends[key] == nil { ends[key] = monotonic + nanoseconds }
    }

    /// All held series.
    var keys: [RowKey] { Array(ends.keys) }

    /// When the next hold ends.
    var due: Int64? { ends.values.min() }

    /// The series whose hold has ended.
    func expired(at monotonic: Int64) -> [RowKey] {
        ends.filter { $0.value <= monotonic }.map(\.key)
    }

    /// Forgets series that the ledger has released.
    mutating func remove(_ keys: [RowKey]) {
        for key in keys { ends[key] = nil }
    }

    /// Schedules another attempt for series that the ledger could not release.
    mutating func postpone(_ keys: [RowKey], until monotonic: Int64) {
        for key in keys { ends[key] = monotonic }
    }
}
