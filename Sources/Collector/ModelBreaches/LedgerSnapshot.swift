import Ledger
import Metrics

/// What the ledger holds of a feed of model breaches.
struct LedgerSnapshot: Sendable {
    /// Nil before the first commit.
    let checkpoint: BreachCheckpoint?
    /// The model labels in use.
    let modelLimit: ModelLimit
    /// The series whose exposed value is below their counted value.
    let held: [RowKey]
    /// The families of breaches; none until the whole first lookback is committed.
    let families: [MetricFamily]

    /// Reads the ledger row by row.
    ///
    /// - Parameter limit: How many distinct model labels may be in use.
    static func read(_ key: FeedKey, from ledger: Ledger, limit: Int) async throws(LedgerError) -> LedgerSnapshot {
        let checkpoint = try await ledger.checkpoint(key).map(BreachCheckpoint.init)
        let builder = try await ledger.reduce(
            key, into: Builder(of: key.appliance, checkpoint: checkpoint, limit: limit)
        ) {
            $0.add($1)
        }
        return LedgerSnapshot(
            checkpoint: checkpoint, modelLimit: builder.modelLimit, held: builder.held, families: builder.families())
    }

    /// Builds a snapshot from rows; the rows of one family must come one after another.
    struct Builder: Sendable {
        private(set) var modelLimit: ModelLimit
        private(set) var held: [RowKey] = []
        private var builders: [FamilyBuilder]
        private var totals = BreachTotals()
        private let appliance: String
        private let startMilliseconds: Int64
        /// The family of the last row.
        private var current = 0

        init(of appliance: String, checkpoint: BreachCheckpoint?, limit: Int) {
            modelLimit = ModelLimit(limit: limit)
            builders = BreachMetrics.breaches(of: appliance, checkpoint: checkpoint)
            self.appliance = appliance
            startMilliseconds = checkpoint?.start.milliseconds ?? 0
        }

        mutating func add(_ row: LedgerRow) {
            modelLimit.add(row)
            if row.isHeld { held.append(row.key) }
            guard !builders.isEmpty else { return }
            totals.add(row)
            if builders[current].descriptor.name != row.key.family {
                guard let next = builders.firstIndex(where: { $0.descriptor.name == row.key.family }) else { return }
                current = next
            }
            builders[current].add(row)
        }

        func families() -> [MetricFamily] {
            guard !builders.isEmpty else { return [] }
            return builders.map { $0.family() } + totals.families(of: appliance, startMilliseconds: startMilliseconds)
        }
    }
}
