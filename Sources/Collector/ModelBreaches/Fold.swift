import Darktrace
import Ledger
import Metrics

/// What records add to the ledger: pure, and the same in whatever order they came.
struct Fold: Sendable {
    /// What the fold depends on besides the records.
    struct Terms: Sendable {
        /// When the ledger begins, in milliseconds since 1970.
        var startMilliseconds: Int64
        /// The appliance's clock at the answer.
        var nowMilliseconds: Int64
        /// The first lookback is told at once and says nothing about how fast breaches are counted.
        var isFirstLookback: Bool
        /// New model series are told as 0 first.
        var holdsNewSeries: Bool
        /// A recheck found them: those created up to here, in milliseconds since 1970, had been asked for before.
        var askedBeforeMilliseconds: Int64?
    }

    private(set) var changes: [Change] = []
    private(set) var seen: [Mark] = []
    /// Records that only the recheck found.
    private(set) var lateCount = 0
    private(set) var bound: SeriesBound

    private let terms: Terms
    private var sums: [RowKey: (amount: Double, newest: Mark?)] = [:]
    private var newestCreation: Int64?

    /// - Parameter records: Those that are counted for the first time, by their models' names.
    init(_ records: [Batch.Entry], models: [String], bound: SeriesBound, terms: Terms) {
        self.bound = bound
        self.terms = terms
        seen.reserveCapacity(records.count)
        // Which models get the last labels must not depend on the order of the answer.
        for record in records.sorted(by: { ($0.time, $0.id) < ($1.time, $1.id) }) {
            seen.append(record.mark)
            count(record, model: models[Int(record.model)])
        }
        finish()
    }

    private mutating func count(_ record: Batch.Entry, model: String) {
        if let asked = terms.askedBeforeMilliseconds, record.time <= asked { lateCount += 1 }
        let creation = record.creation != Batch.Entry.missing ? record.creation : nil
        let exemplar = creation.map { Mark(id: record.id, milliseconds: $0) }
        let category = record.category.rawValue
        add(1, LedgerFamily.modelBreaches, [bound.label(for: model), category], .value, exemplar)
        if !record.score.isNaN { observe(record.score, LedgerFamily.score, [category], exemplar) }
        guard let creation else { return }
        newestCreation = max(newestCreation ?? creation, creation)
        if record.activity != Batch.Entry.missing {
            observe(Double(max(0, creation - record.activity)) / 1_000, LedgerFamily.creationDelay, [], exemplar)
        }
        if !terms.isFirstLookback {
            let delay = max(0, terms.nowMilliseconds - creation)
            observe(Double(delay) / 1_000, LedgerFamily.ingestionDelay, [], exemplar)
        }
    }

    private mutating func observe(_ value: Double, _ family: Descriptor, _ labels: [String], _ exemplar: Mark?) {
        guard case .histogram(let bounds) = family.kind else { return }
        add(1, family, labels, .bucket(bounds.firstIndex { value <= $0 } ?? bounds.count), exemplar)
        add(value, family, labels, .sum, nil)
    }

    private mutating func add(
        _ amount: Double, _ family: Descriptor, _ labels: [String], _ part: RowKey.Part, _ exemplar: Mark?
    ) {
        let key = RowKey(family: family.name, labels: labels, part: part)
        var sum = sums[key] ?? (0, nil)
        sum.amount += amount
        if let exemplar, exemplar.milliseconds > sum.newest?.milliseconds ?? .min { sum.newest = exemplar }
        sums[key] = sum
    }

    private mutating func finish() {
        if lateCount > 0 {
            add(Double(lateCount), LedgerFamily.foundLate, [], .value, nil)
        }
        changes = sums.map { key, sum in
            let isModel = key.family == LedgerFamily.modelBreaches.name
            return Change(
                key: key, operation: .add(sum.amount), exemplar: sum.newest,
                isHeldWhenNew: isModel && terms.holdsNewSeries,
                bornMilliseconds: isModel && !terms.isFirstLookback ? terms.nowMilliseconds : terms.startMilliseconds)
        }
        sums = [:]
        if let newestCreation {
            changes.append(
                Change(
                    key: RowKey(family: LedgerFamily.lastCreation.name, labels: []),
                    operation: .maximum(Double(newestCreation) / 1_000), bornMilliseconds: terms.startMilliseconds))
        }
    }
}
