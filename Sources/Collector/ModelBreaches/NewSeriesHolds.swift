import Ledger

/// Until when the series of new models show 0, by the monotonic clock.
struct NewSeriesHolds: Sendable, Equatable {
    private let nanoseconds: Int64
    private var ends: [RowKey: Int64] = [:]

    /// - Parameter nanoseconds: How long each is held from when it is first shown.
    init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Series are shown that tell less than they count: those that were not known begin their hold.
    mutating func show(_ keys: [RowKey], at monotonic: Int64) {
        for key in keys where ends[key] == nil { ends[key] = monotonic + nanoseconds }
    }

    /// All that is held.
    var keys: [RowKey] { Array(ends.keys) }

    /// When the next release is due.
    var due: Int64? { ends.values.min() }

    /// What may be released now.
    func keys(at monotonic: Int64) -> [RowKey] {
        ends.filter { $0.value <= monotonic }.map(\.key)
    }

    /// They were released, on the disk.
    mutating func release(_ keys: [RowKey]) {
        for key in keys { ends[key] = nil }
    }

    /// They could not be released: try again later.
    mutating func postpone(_ keys: [RowKey], until monotonic: Int64) {
        for key in keys { ends[key] = monotonic }
    }
}
