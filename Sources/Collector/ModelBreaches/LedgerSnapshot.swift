import Ledger
import Metrics

/// What the ledger holds of a feed of breaches.
struct LedgerSnapshot: Sendable {
    /// Nil before the first commit.
    let checkpoint: FeedCheckpoint?
    /// The labels in use.
    let modelLimit: ModelLimit
    /// What tells less than it counts.
    let held: [RowKey]
    /// The families of breaches, which are absent until the whole first lookback is committed.
    let families: [MetricFamily]

    /// Reads row by row.
    ///
    /// - Parameter limit: How many models may be told apart.
    static func read(_ key: FeedKey, from ledger: Ledger, limit: Int) async throws(LedgerError) -> LedgerSnapshot {
        let book = try await ledger.checkpoint(key)
        let draft = try await ledger.reduce(key, into: Builder(of: key.appliance, book: book, limit: limit)) {
            $0.take($1)
        }
        return LedgerSnapshot(
            checkpoint: book, modelLimit: draft.modelLimit, held: draft.held, families: draft.families())
    }

    /// As far as the rows have been read.
    struct Builder: Sendable {
        private(set) var modelLimit: ModelLimit
        private(set) var held: [RowKey] = []
        private var builders: [FamilyBuilder]
        /// Rows of one family come one after the other.
        private var current = 0

        init(of appliance: String, book: FeedCheckpoint?, limit: Int) {
            modelLimit = ModelLimit(limit: limit)
            builders = BreachMetrics.breaches(of: appliance, book: book)
        }

        mutating func take(_ row: LedgerRow) {
            modelLimit.take(row)
            if row.isHeld { held.append(row.key) }
            guard !builders.isEmpty else { return }
            if builders[current].descriptor.name != row.key.family {
                guard let next = builders.firstIndex(where: { $0.descriptor.name == row.key.family }) else { return }
                current = next
            }
            builders[current].take(row)
        }

        func families() -> [MetricFamily] { builders.map { $0.family() } }
    }
}
