import Darktrace
import Ledger
import Metrics

/// Counts model breaches, by model and category, with their scores and delays.
struct BreachCounting: RecordCounting {
    private(set) var modelLimit: ModelLimit
    private let limit: Int
    private var totals = BreachTotals()
    private var masters = BreachMasters()

    /// - Parameter maxModels: How many distinct model labels may be in use.
    init(maxModels: Int) {
        limit = maxModels
        modelLimit = ModelLimit(limit: maxModels)
    }

    // MARK: Records

    /// One breach, in 40 bytes.
    struct Entry: CountedEntry, Equatable {
        typealias Detail = ModelBreach

        let id: Int64
        /// In milliseconds since 1970; `missing` when the record has none.
        let creation: Int64
        /// In milliseconds since 1970; `missing` when the record has none.
        let activity: Int64
        /// Not a number when the record has none.
        let score: Double
        /// The index of the model's name.
        let model: Int32
        let category: Category

        static let missing = Int64.min

        /// Creation time, else activity time: decides whether the ledger counts the record and has seen it.
        var time: Int64 { creation != Self.missing ? creation : activity }

        var seenRecord: SeenRecord { SeenRecord(id: id, milliseconds: time) }
    }

    func request(for query: PlannedQuery) -> ModelBreachesRequest {
        ModelBreachesRequest(
            startMilliseconds: query.window.start.milliseconds, endMilliseconds: query.window.end.milliseconds,
            byCreation: query.byCreation, minimal: query.form == .short, readsDetails: query.wantsDetails)
    }

    func add(_ breach: ModelBreach, to batch: inout RecordBatch<Entry>) {
        batch.note(breach.id, isComplete: !breach.lacksShortFields)
        if let creation = breach.creationMilliseconds {
            batch.note(
                creation: ApplianceTime(milliseconds: creation),
                activity: breach.activityMilliseconds.map(ApplianceTime.init))
        }
        let entry = Entry(
            id: breach.id, creation: breach.creationMilliseconds ?? Entry.missing,
            activity: breach.activityMilliseconds ?? Entry.missing, score: breach.score ?? .nan,
            model: batch.index(of: breach.model), category: breach.category)
        batch.append(entry)
        if breach.details != nil { batch.keep(breach, of: entry) }
    }

    mutating func count(_ entries: [Entry], texts: [String], in context: CountingContext) -> [RowUpdate] {
        let aggregation = BreachAggregation(
            entries, models: texts, modelLimit: modelLimit, masters: masters, context: context)
        (modelLimit, masters) = (aggregation.modelLimit, aggregation.masters)
        return aggregation.changes
    }

    /// The breaches whose details were requested, in the order of their times.
    func event(of entries: [Entry], details: [SeenRecord: ModelBreach]) -> Event.Kind? {
        guard !details.isEmpty else { return nil }
        let breaches = entries.map(\.seenRecord)
            .sorted { ($0.milliseconds, $0.id) < ($1.milliseconds, $1.id) }
            .compactMap { details[$0] }
        return breaches.isEmpty ? nil : .breachesCounted(breaches)
    }

    var overflow: String? { modelLimit.firstOverflow }

    // MARK: Families

    mutating func restore(_ row: LedgerRow) {
        modelLimit.add(row)
        totals.add(row)
        masters.add(row)
    }

    func families(of appliance: String, start: ApplianceTime) -> [FamilyBuilder] {
        BreachMetrics.builders(of: appliance, start: start)
    }

    func totals(of appliance: String, start: ApplianceTime) -> [MetricFamily] {
        totals.families(of: appliance, start: start) + [
            masters.family(of: appliance, totals: totals.counts, start: start)
        ]
    }

    func baseline(of appliance: String, checkpoint: Checkpoint?) -> [MetricFamily] {
        BreachMetrics.baselineFamilies(
            of: appliance, checkpoint: checkpoint, modelsTracked: modelLimit.count, modelsLimit: limit)
    }
}

extension FeedKind {
    /// Model breaches: the feed that decides whether an appliance is up.
    package static let modelBreaches = FeedKind(
        name: "modelbreaches", path: ModelBreachesRequest.path, priority: .primary, defaultInterval: nil,
        isOptional: false, sections: [], source: .breaches)
}
