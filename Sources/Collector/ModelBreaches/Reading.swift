import Ledger
import Metrics

/// What the ledger holds of a feed of breaches.
struct Reading: Sendable {
    /// Nil before the first commit.
    let book: Book?
    /// The labels in use.
    let bound: SeriesBound
    /// What tells less than it counts.
    let held: [RowKey]
    /// The families of breaches, which are absent until the whole first lookback is committed.
    let families: [Family]

    /// Reads row by row.
    ///
    /// - Parameter limit: How many models may be told apart.
    static func read(_ key: FeedKey, from ledger: Ledger, limit: Int) async throws(LedgerError) -> Reading {
        let book = try await ledger.book(key)
        let draft = try await ledger.reduce(key, into: Draft(of: key.appliance, book: book, limit: limit)) {
            $0.take($1)
        }
        return Reading(book: book, bound: draft.bound, held: draft.held, families: draft.families())
    }

    /// As far as the rows have been read.
    struct Draft: Sendable {
        private(set) var bound: SeriesBound
        private(set) var held: [RowKey] = []
        private var builders: [FamilyBuilder]
        /// Rows of one family come one after the other.
        private var current = 0

        init(of appliance: String, book: Book?, limit: Int) {
            bound = SeriesBound(limit: limit)
            builders = LedgerFamily.breaches(of: appliance, book: book)
        }

        mutating func take(_ row: Row) {
            bound.take(row)
            if row.isHeld { held.append(row.key) }
            guard !builders.isEmpty else { return }
            if builders[current].descriptor.name != row.key.family {
                guard let next = builders.firstIndex(where: { $0.descriptor.name == row.key.family }) else { return }
                current = next
            }
            builders[current].take(row)
        }

        func families() -> [Family] { builders.map { $0.family() } }
    }
}
