import Darktrace
import Ledger
import Metrics

/// What distinguishes one counted feed from another: how its records are requested, and how they become rows of the
/// ledger and metric families.
///
/// Planning, dedupe, commits and holds are the same for all of them (`CountedFeed`). A value of a conforming type is
/// made whenever the rows are read, so it holds nothing that the rows do not.
protocol RecordCounting: Sendable {
    associatedtype Request: APIRequest where Request.Content == Result<Record, UnreadableRecord>
    associatedtype Record: Sendable
    associatedtype Entry: CountedEntry

    /// The request of a window.
    func request(for query: PlannedQuery) -> Request
    /// Adds a record of a response in compact form.
    func add(_ record: Record, to batch: inout RecordBatch<Entry>)

    /// The updates of ledger rows that records cause which are counted for the first time.
    mutating func count(_ entries: [Entry], texts: [String], in context: CountingContext) -> [RowUpdate]

    /// What to report of records that were counted, once that is durable and the first lookback is complete.
    func event(of entries: [Entry], details: [SeenRecord: Entry.Detail]) -> Event.Kind?

    /// Learns that these entries of a response are counted, now or before.
    func committed(_ entries: [Entry])

    /// Learns from a stored row; the rows of one family come one after another.
    mutating func restore(_ row: LedgerRow)
    /// The families that rows become.
    func families(of appliance: String, start: ApplianceTime) -> [FamilyBuilder]
    /// The families that are computed from all rows, after `restore` got them.
    func totals(of appliance: String, start: ApplianceTime) -> [MetricFamily]
    /// The families that exist before anything is counted.
    func baseline(of appliance: String, checkpoint: Checkpoint?) -> [MetricFamily]
    /// The first label value that a limit turned into another one.
    var overflow: String? { get }
}

extension RecordCounting {
    func event(of entries: [Entry], details: [SeenRecord: Entry.Detail]) -> Event.Kind? { nil }
    func committed(_ entries: [Entry]) {}
    mutating func restore(_ row: LedgerRow) {}
    func totals(of appliance: String, start: ApplianceTime) -> [MetricFamily] { [] }
    func baseline(of appliance: String, checkpoint: Checkpoint?) -> [MetricFamily] { [] }
    var overflow: String? { nil }
}

/// One record in compact form, kept until its response is complete.
protocol CountedEntry: Sendable {
    /// What is kept in addition to report a record when it is counted.
    associatedtype Detail: Sendable = Never

    /// Identifies the record for dedupe; its time decides whether the ledger counts it.
    var seenRecord: SeenRecord { get }
}

/// What counting depends on in addition to the records.
struct CountingContext: Sendable {
    /// Start of the ledger.
    var start: ApplianceTime
    /// The appliance's clock after the response.
    var now: ApplianceTime
    /// Records of the first lookback do not count for the ingestion delay.
    var isFirstLookback: Bool
    /// New series that can be held are exposed as 0 first.
    var holdsNewSeries: Bool
    /// For records of a recheck: those created up to here had been requested before and are late.
    var lateBefore: ApplianceTime?

    /// Whether only the recheck found the record.
    func isLate(_ record: SeenRecord) -> Bool { lateBefore.map { record.milliseconds <= $0.milliseconds } ?? false }
}
