import Darktrace
import Ledger
import Metrics

/// The updates of ledger rows that a batch of new records causes; independent of the order of the records.
struct BreachAggregation: Sendable {
    private(set) var changes: [RowUpdate] = []
    /// Number of records that only the recheck found.
    private var lateCount = 0
    private(set) var modelLimit: ModelLimit

    private let context: CountingContext
    private var sums: [RowKey: Sum] = [:]

    /// What is added to a row, and the newest record behind it.
    private struct Sum {
        var amount = 0.0
        var newest: SeenRecord?
        /// What was observed of that record.
        var newestValue: Double?
    }

    private var newestCreation: Int64?

    /// - Parameters:
    ///   - records: The records that are counted for the first time.
    ///   - models: The names that the records refer to by index.
    init(_ records: [BreachCounting.Entry], models: [String], modelLimit: ModelLimit, context: CountingContext) {
        self.modelLimit = modelLimit
        self.context = context
        // Which models get the last labels must not depend on the order of the response.
        for record in records.sorted(by: { ($0.time, $0.id) < ($1.time, $1.id) }) {
            count(record, model: models[Int(record.model)])
        }
        finish()
    }

    private mutating func count(_ record: BreachCounting.Entry, model: String) {
        if context.isLate(record.seenRecord) { lateCount += 1 }
        let creation = record.creation != BreachCounting.Entry.missing ? record.creation : nil
        let exemplar = creation.map { SeenRecord(id: record.id, milliseconds: $0) }
        let category = record.category.rawValue
        add(1, BreachMetrics.modelBreaches, [modelLimit.assignLabel(for: model), category], .value, exemplar)
        if !record.score.isNaN { observe(record.score, BreachMetrics.score, [category], exemplar) }
        guard let creation else { return }
        newestCreation = max(newestCreation ?? creation, creation)
        if record.activity != BreachCounting.Entry.missing {
            observe(Double(max(0, creation - record.activity)) / 1_000, BreachMetrics.creationDelay, [], exemplar)
        }
        if !context.isFirstLookback {
            let delay = max(0, context.now.milliseconds - creation)
            observe(Double(delay) / 1_000, BreachMetrics.ingestionDelay, [], exemplar)
        }
    }

    private mutating func observe(_ value: Double, _ family: Descriptor, _ labels: [String], _ exemplar: SeenRecord?) {
        guard case .histogram(let bounds) = family.kind else { return }
        add(1, family, labels, .bucket(bounds.firstIndex { value <= $0 } ?? bounds.count), exemplar, value)
        add(value, family, labels, .sum, nil)
    }

    private mutating func add(
        _ amount: Double, _ family: Descriptor, _ labels: [String], _ part: RowKey.Part, _ exemplar: SeenRecord?,
        _ exemplarValue: Double? = nil
    ) {
        let key = RowKey(family: family.name, labels: labels, part: part)
        var sum = sums[key] ?? Sum()
        sum.amount += amount
        if let exemplar, exemplar.milliseconds > sum.newest?.milliseconds ?? .min {
            sum.newest = exemplar
            sum.newestValue = exemplarValue
        }
        sums[key] = sum
    }

    private mutating func finish() {
        if lateCount > 0 {
            add(Double(lateCount), BreachMetrics.foundLate, [], .value, nil)
        }
        changes = sums.map { key, sum in
            let isModel = key.family == BreachMetrics.modelBreaches.name
            return RowUpdate(
                key: key, operation: .add(sum.amount), exemplar: sum.newest, exemplarValue: sum.newestValue,
                holdsNewSeries: isModel && context.holdsNewSeries,
                createdMilliseconds: isModel && !context.isFirstLookback
                    ? context.now.milliseconds : context.start.milliseconds)
        }
        sums = [:]
        if let newestCreation {
            changes.append(
                RowUpdate(
                    key: RowKey(family: BreachMetrics.lastCreation.name, labels: []),
                    operation: .maximum(Double(newestCreation) / 1_000), createdMilliseconds: context.start.milliseconds
                ))
        }
    }
}
