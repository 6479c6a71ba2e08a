import Darktrace
import Ledger
import Metrics

/// The updates of ledger rows that a batch of new records causes; independent of the order of the records.
///
/// Records are summed up by small numbers, and only the sums become keys of rows: a first lookback counts hundreds of
/// thousands of records in a few hundred rows.
struct BreachAggregation: Sendable {
    private(set) var changes: [RowUpdate] = []
    private(set) var modelLimit: ModelLimit
    private(set) var masters: BreachMasters

    private let context: CountingContext
    private let models: [String]
    /// The label of each model, once it is assigned.
    private var labels: [String?]
    /// By model and category.
    private var breaches: [BreachSum]
    /// By the number of the master, then by category.
    private var byMaster: [Int64: [BreachSum]] = [:]
    /// By category.
    private var scores = Array(repeating: HistogramSum(BreachMetrics.score), count: Category.allCases.count)
    private var creationDelay = HistogramSum(BreachMetrics.creationDelay)
    private var ingestionDelay = HistogramSum(BreachMetrics.ingestionDelay)
    /// Number of records that only the recheck found.
    private var lateCount = 0
    private var newestCreation: Int64?

    /// - Parameters:
    ///   - records: The records that are counted for the first time.
    ///   - models: The names that the records refer to by index.
    init(
        _ records: [BreachCounting.Entry], models: [String], modelLimit: ModelLimit,
        masters: BreachMasters = BreachMasters(), context: CountingContext
    ) {
        self.modelLimit = modelLimit
        self.masters = masters
        self.context = context
        self.models = models
        labels = Array(repeating: nil, count: models.count)
        breaches = Array(repeating: BreachSum(), count: models.count * Category.allCases.count)
        // Which models get the last labels must not depend on the order of the response.
        for record in records.sorted(by: { ($0.time, $0.id) < ($1.time, $1.id) }) { count(record) }
        makeChanges()
    }

    private mutating func count(_ record: BreachCounting.Entry) {
        if context.isLate(record.seenRecord) { lateCount += 1 }
        let creation = record.creation != BreachCounting.Entry.missing ? record.creation : nil
        let exemplar = creation.map { SeenRecord(id: record.id, milliseconds: $0) }
        let (model, category) = (Int(record.model), record.category.index)
        if labels[model] == nil { labels[model] = modelLimit.assignLabel(for: models[model]) }
        breaches[model * Category.allCases.count + category].add(exemplar)
        if let master = masters.assignNumber(for: record.id) {
            byMaster[master, default: Array(repeating: BreachSum(), count: Category.allCases.count)][category]
                .add(exemplar)
        }
        if !record.score.isNaN { scores[category].observe(record.score, exemplar) }
        guard let creation else { return }
        newestCreation = max(newestCreation ?? creation, creation)
        if record.activity != BreachCounting.Entry.missing {
            creationDelay.observe(Double(max(0, creation - record.activity)) / 1_000, exemplar)
        }
        if !context.isFirstLookback {
            ingestionDelay.observe(Double(max(0, context.now.milliseconds - creation)) / 1_000, exemplar)
        }
    }

    private mutating func makeChanges() {
        addModels()
        addMasters()
        for category in Category.allCases { add(scores[category.index], [category.rawValue]) }
        add(creationDelay, [])
        add(ingestionDelay, [])
        if lateCount > 0 {
            changes.append(update(RowKey(family: BreachMetrics.foundLate.name, labels: []), .add(Double(lateCount))))
        }
        if let newestCreation {
            changes.append(
                update(
                    RowKey(family: BreachMetrics.lastCreation.name, labels: []),
                    .maximum(Double(newestCreation) / 1_000)))
        }
    }

    /// Several models may share the label `other`.
    private mutating func addModels() {
        var sums: [RowKey: BreachSum] = [:]
        for (model, label) in labels.enumerated() {
            guard let label else { continue }
            for category in Category.allCases {
                let sum = breaches[model * Category.allCases.count + category.index]
                guard sum.count > 0 else { continue }
                let key = RowKey(family: BreachMetrics.modelBreaches.name, labels: [label, category.rawValue])
                sums[key, default: BreachSum()].add(sum)
            }
        }
        addHeldWhenNew(sums)
    }

    private mutating func addMasters() {
        var sums: [RowKey: BreachSum] = [:]
        for (master, categories) in byMaster {
            for category in Category.allCases where categories[category.index].count > 0 {
                let labels = ["\(master)", category.rawValue]
                sums[RowKey(family: BreachMetrics.modelBreachesByMaster.name, labels: labels)] =
                    categories[category.index]
            }
        }
        addHeldWhenNew(sums)
    }

    /// Adds counters whose series are exposed as 0 first, if they are new.
    private mutating func addHeldWhenNew(_ sums: [RowKey: BreachSum]) {
        let created = context.isFirstLookback ? context.start : context.now
        changes += sums.map { key, sum in
            RowUpdate(
                key: key, operation: .add(sum.count), exemplar: sum.newest, holdsNewSeries: context.holdsNewSeries,
                createdMilliseconds: created.milliseconds)
        }
    }

    private mutating func add(_ histogram: HistogramSum, _ labels: [String]) {
        guard histogram.buckets.contains(where: { $0.count > 0 }) else { return }
        for (index, bucket) in histogram.buckets.enumerated() where bucket.count > 0 {
            let key = RowKey(family: histogram.family, labels: labels, part: .bucket(index))
            changes.append(update(key, .add(bucket.count), bucket.newest, bucket.newestValue))
        }
        changes.append(update(RowKey(family: histogram.family, labels: labels, part: .sum), .add(histogram.total)))
    }

    private func update(
        _ key: RowKey, _ operation: RowUpdate.Operation, _ exemplar: SeenRecord? = nil, _ exemplarValue: Double? = nil
    ) -> RowUpdate {
        RowUpdate(
            key: key, operation: operation, exemplar: exemplar, exemplarValue: exemplarValue,
            createdMilliseconds: context.start.milliseconds)
    }
}

/// A number of records, and the newest one: of two that are equally old the one with the lower id.
private struct BreachSum {
    private(set) var count = 0.0
    private(set) var newest: SeenRecord?
    /// What was observed of the newest record.
    private(set) var newestValue: Double?

    mutating func add(_ record: SeenRecord?, _ value: Double? = nil) {
        count += 1
        setNewest(record, value)
    }

    mutating func add(_ other: BreachSum) {
        count += other.count
        setNewest(other.newest, other.newestValue)
    }

    private mutating func setNewest(_ record: SeenRecord?, _ value: Double?) {
        guard let record else { return }
        if let newest, (newest.milliseconds, record.id) >= (record.milliseconds, newest.id) { return }
        newest = record
        newestValue = value
    }
}

/// The observations of a histogram.
private struct HistogramSum {
    let family: String
    private let bounds: [Double]
    private(set) var buckets: [BreachSum]
    private(set) var total = 0.0

    init(_ descriptor: Descriptor) {
        family = descriptor.name
        if case .histogram(let bounds) = descriptor.kind { self.bounds = bounds } else { bounds = [] }
        buckets = Array(repeating: BreachSum(), count: bounds.count + 1)
    }

    mutating func observe(_ value: Double, _ record: SeenRecord?) {
        buckets[bounds.firstIndex { value <= $0 } ?? bounds.count].add(record, value)
        total += value
    }
}

extension Category {
    /// The place in `allCases`.
    fileprivate var index: Int {
        switch self {
        case .critical: 0
        case .suspicious: 1
        case .informational: 2
        case .compliance: 3
        }
    }
}
