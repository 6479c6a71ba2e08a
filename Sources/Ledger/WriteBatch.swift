/// What one response adds to a feed; it is committed as a whole or not at all.
package struct WriteBatch: Sendable, Equatable {
    package var key: FeedKey
    package var changes: [RowUpdate]
    /// The records that were counted.
    package var seen: [SeenRecord]
    /// Seen records older than this, in milliseconds since 1970, may be deleted.
    package var forgetBeforeMilliseconds: Int64?
    package var checkpoint: FeedCheckpoint

    package init(
        key: FeedKey, changes: [RowUpdate] = [], seen: [SeenRecord] = [], forgetBeforeMilliseconds: Int64? = nil,
        checkpoint: FeedCheckpoint
    ) {
        self.key = key
        self.changes = changes
        self.seen = seen
        self.forgetBeforeMilliseconds = forgetBeforeMilliseconds
        self.checkpoint = checkpoint
    }
}

extension WriteBatch {
    /// - Throws: `LedgerError` with `.invalidUpdate` for a change that no counter can take.
    package func check(at location: DatabaseLocation) throws(LedgerError) {
        for change in changes where change.operation.operand == nil {
            throw LedgerError(.invalidUpdate, location, "\(change.key.family): \(change.operation)")
        }
    }
}

/// What a commit does to one number.
package struct RowUpdate: Sendable, Equatable {
    package let key: RowKey
    package let operation: Operation
    /// The record behind the change; it replaces the row's only if it is newer.
    package let exemplar: SeenRecord?
    /// What was observed of that record, such as its score; nil where that is not a number of its own.
    package let exemplarValue: Double?
    /// Whether a row that this change creates is exposed as 0 until `Ledger.release(_:in:)`.
    package let holdsNewSeries: Bool
    /// Start of a row that this change creates, in milliseconds since 1970.
    package let createdMilliseconds: Int64

    package init(
        key: RowKey, operation: Operation, exemplar: SeenRecord? = nil, exemplarValue: Double? = nil,
        holdsNewSeries: Bool = false,
        createdMilliseconds: Int64
    ) {
        self.key = key
        self.operation = operation
        self.exemplar = exemplar
        self.exemplarValue = exemplarValue
        self.holdsNewSeries = holdsNewSeries
        self.createdMilliseconds = createdMilliseconds
    }

    /// How a number changes: never down, because a counter that decreases reads as a reset.
    package enum Operation: Sendable, Equatable {
        /// Adds this much, which is finite and not negative.
        case add(Double)
        /// Raises the number to at least this much, which is finite.
        case maximum(Double)

        /// The operand, or nil if it is invalid.
        package var operand: Double? {
            switch self {
            case .add(let amount): amount.isFinite && amount >= 0 ? amount : nil
            case .maximum(let value): value.isFinite ? value : nil
            }
        }
    }
}
