import Darktrace
import Ledger
import Metrics

/// The model breaches of an appliance that were created in a time range: each once, in 32 bytes.
package struct BackfillHistory: Sendable {
    package let appliance: String
    package let range: BackfillRange
    private(set) var points: [BreachPoint] = []
    private(set) var series: [Key] = []
    private var indices: [Key: Int32] = [:]

    /// One breach.
    struct BreachPoint: Sendable, Equatable {
        /// Creation time, else activity time, in milliseconds since 1970.
        let time: Int64
        /// Not a number when the breach has none.
        let score: Double
        /// Creation minus activity in milliseconds, if both are known, else `unknown`.
        let delay: Int64
        /// An index into `series`.
        let series: Int32

        static let unknown: Int64 = -1
    }

    /// The labels that count a breach.
    struct Key: Sendable, Hashable {
        let model: ExactText
        let category: Category
    }

    init(of appliance: String, over range: BackfillRange) {
        self.appliance = appliance
        self.range = range
    }

    /// Number of breaches.
    package var count: Int { points.count }

    /// Adds those of the newly counted records that are in the range.
    ///
    /// - Parameter modelLimit: The limit after the records were counted, so that it assigns the same labels again.
    mutating func add(_ records: [BreachCounting.Entry], models: [String], modelLimit: ModelLimit) {
        var modelLimit = modelLimit
        for record in records where range.contains(record.time) {
            let model = modelLimit.assignLabel(for: models[Int(record.model)])
            let isDelayKnown =
                record.creation != BreachCounting.Entry.missing && record.activity != BreachCounting.Entry.missing
            points.append(
                BreachPoint(
                    time: record.time, score: record.score,
                    delay: isDelayKnown ? max(0, record.creation - record.activity) : BreachPoint.unknown,
                    series: index(of: Key(model: ExactText(model), category: record.category))))
        }
    }

    private mutating func index(of key: Key) -> Int32 {
        if let known = indices[key] { return known }
        let index = Int32(truncatingIfNeeded: series.count)
        series.append(key)
        indices[key] = index
        return index
    }

    /// Groups the breaches by series, the earliest first.
    mutating func sortBySeries() { points.sort { ($0.series, $0.time) < ($1.series, $1.time) } }

    /// Sorts the breaches by time.
    mutating func sortByTime() { points.sort { $0.time < $1.time } }
}

/// A time range that is written as samples: from its start to before its end, in milliseconds since 1970.
package struct BackfillRange: Sendable, Equatable {
    package let start: Int64
    package let end: Int64
    /// Milliseconds from one sample of a series to the next.
    package let step: Int64
    /// Start of the live ledger: counts restart from 0 there, as the live counters did.
    package let ledgerStart: Int64?

    /// - Parameters:
    ///   - end: Later than `start`.
    ///   - step: At least a second.
    ///   - ledgerStart: At least a second after `start`, and not after `end`.
    package init(start: Int64, end: Int64, step: Int64, ledgerStart: Int64? = nil) {
        self.start = start
        self.end = max(end, start)
        self.step = max(step, 1_000)
        self.ledgerStart = ledgerStart.flatMap { $0 - start >= 1_000 && $0 <= end ? $0 : nil }
    }

    /// A part of the range in which counts only grow.
    struct Part: Sendable, Equatable {
        let start: Int64
        let end: Int64
        /// Time of the last sample: the end, or just before it when another part starts there.
        let last: Int64
        /// Samples are whole steps after this time.
        let origin: Int64
        let step: Int64
    }

    /// One part, or two that the start of the ledger divides.
    var parts: [Part] {
        guard let ledgerStart else { return [part(from: start, to: end, last: end)] }
        return [
            part(from: start, to: ledgerStart, last: ledgerStart - 1), part(from: ledgerStart, to: end, last: end),
        ]
    }

    private func part(from start: Int64, to end: Int64, last: Int64) -> Part {
        Part(start: start, end: end, last: last, origin: self.start, step: step)
    }

    func contains(_ milliseconds: Int64) -> Bool { start <= milliseconds && milliseconds < end }
}

extension BackfillRange.Part {
    func contains(_ milliseconds: Int64) -> Bool { start <= milliseconds && milliseconds < end }

    /// Time of the last sample before a record: `increase()` counts the first breach of a series only after a 0.
    func zero(before record: Int64) -> Int64 {
        let grid = origin + (record - origin) / step * step
        return max(start, grid < last ? grid : grid - step)
    }

    /// Time of the sample after one that is not the last.
    func next(after time: Int64) -> Int64 {
        min(origin + ((time - origin) / step + 1) * step, last)
    }
}
