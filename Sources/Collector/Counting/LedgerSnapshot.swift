import Ledger
import Metrics

/// What the ledger holds of one counted feed.
struct LedgerSnapshot<Counting: RecordCounting>: Sendable {
    /// Nil before the first commit.
    let checkpoint: Checkpoint?
    /// What counting learned from the rows.
    let counting: Counting
    /// The series whose exposed value is below their counted value.
    let held: [RowKey]
    /// The families of records; none until the whole first lookback is committed.
    let families: [MetricFamily]

    /// Reads the ledger row by row.
    ///
    /// - Parameter counting: As it is before any row.
    static func read(
        _ key: FeedKey, from ledger: any Ledger, by counting: Counting
    ) async throws(LedgerError) -> LedgerSnapshot {
        let checkpoint = try await ledger.checkpoint(key).map(Checkpoint.init)
        let builder = try await ledger.reduce(
            key, into: Builder(of: key.appliance, checkpoint: checkpoint, by: counting)
        ) {
            $0.add($1)
        }
        return LedgerSnapshot(
            checkpoint: checkpoint, counting: builder.counting, held: builder.held, families: builder.families())
    }

    /// Builds a snapshot from rows; the rows of one family must come one after another.
    struct Builder: Sendable {
        private(set) var counting: Counting
        private(set) var held: [RowKey] = []
        private var builders: [FamilyBuilder] = []
        private let appliance: String
        private let start: ApplianceTime
        /// The family of the last row.
        private var current = 0

        init(of appliance: String, checkpoint: Checkpoint?, by counting: Counting) {
            self.counting = counting
            self.appliance = appliance
            start = checkpoint?.start ?? .epoch
            if checkpoint?.isComplete == true {
                builders = counting.families(of: appliance, start: start)
            }
        }

        mutating func add(_ row: LedgerRow) {
            counting.restore(row)
            if row.isHeld { held.append(row.key) }
            guard !builders.isEmpty else { return }
            if builders[current].descriptor.name != row.key.family {
                guard let next = builders.firstIndex(where: { $0.descriptor.name == row.key.family }) else { return }
                current = next
            }
            builders[current].add(row)
        }

        func families() -> [MetricFamily] {
            guard !builders.isEmpty else { return [] }
            return builders.map { $0.family() }
                + counting.totals(of: appliance, start: start)
        }
    }
}
