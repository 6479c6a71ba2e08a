import Darktrace
import Ledger
package import Metrics

/// A counted feed as data: its endpoint, its counters, and how a record is read.
package struct RecordTable: Sendable {
    let path: String
    let permissionHint: Hint
    let query: @Sendable (QueryWindow) -> String
    let counters: [CountedMetric]
    let read: Read

    /// What a record counts as at a time of the appliance's clock; nil if it is unreadable, empty if it does not count.
    ///
    /// The time is that of the request: a window may end long before it.
    typealias Read = @Sendable (JSONFields, ApplianceTime) -> [CountedRecord]?

    func request(of window: QueryWindow, at now: ApplianceTime) -> GaugeRequest<[CountedRecord]> {
        GaugeRequest(path: path, query: query(window), permissionHint: permissionHint, response: .list) {
            [read] in read($0, now)
        }
    }
}

/// A counter of a counted feed.
package struct CountedMetric: Sendable {
    package let descriptor: Descriptor
    /// The values of the labels that follow `appliance`, for the series that exist from the start.
    let zeros: [[String]]

    /// - Parameters:
    ///   - labels: Those that follow `appliance`; their values have to be a closed set, because new series are not held.
    ///   - zeros: All their values.
    static func counter(
        _ name: StaticString, _ help: StaticString, labels: [StaticString] = [], zeros: [[String]] = [[]]
    ) -> CountedMetric {
        CountedMetric(
            descriptor: Descriptor(name, .counter, labels: ["appliance"] + labels, help: help), zeros: zeros)
    }
}

/// What a record counts as: one more in a series. A record may count in several ways, each with an id and time of its
/// own.
package struct CountedRecord: CountedEntry, Equatable {
    let seenRecord: SeenRecord
    /// The counter, by its index in the table.
    let counter: Int
    let labels: [String]

    /// - Parameters:
    ///   - time: Decides whether the ledger counts the record; the window of a query applies to it.
    ///   - counter: An index into the counters of the feed.
    ///   - labels: The values of the labels that follow `appliance`.
    init(id: Int64, time: ApplianceTime, counter: Int = 0, labels: [String] = []) {
        seenRecord = SeenRecord(id: id, milliseconds: time.milliseconds)
        self.counter = counter
        self.labels = labels
    }
}

/// Ids of records that are texts.
enum RecordID {
    /// A number for a text such as a UUID (FNV-1a, 64 bits). Two records with one number are taken for one only if their
    /// times also are within a minute.
    static func number(of text: String) -> Int64 {
        Int64(bitPattern: text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }
}

/// Counts the records of a feed that is declared as data.
struct TableCounting: RecordCounting {
    let table: RecordTable

    func request(for query: PlannedQuery) -> GaugeRequest<[CountedRecord]> {
        table.request(of: query.window, at: query.now)
    }

    func add(_ record: [CountedRecord], to batch: inout RecordBatch<CountedRecord>) {
        for entry in record { batch.append(entry) }
    }

    func count(_ entries: [CountedRecord], texts: [String], in context: CountingContext) -> [RowUpdate] {
        var sums = RowSums()
        for entry in entries where table.counters.indices.contains(entry.counter) {
            sums.add(1, to: table.counters[entry.counter].descriptor, entry.labels)
        }
        return sums.updates(createdAt: context.start)
    }

    func families(of appliance: String, start: ApplianceTime) -> [FamilyBuilder] {
        table.counters.map {
            FamilyBuilder($0.descriptor, prefix: [appliance], declared: $0.zeros, start: start)
        }
    }
}
