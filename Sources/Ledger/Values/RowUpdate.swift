/// What a commit does to one number.
package struct RowUpdate: Sendable, Equatable {
    package let key: RowKey
    package let operation: Operation
    /// The record behind the change; it replaces the row's only if it is newer by time.
    package let exemplar: SeenRecord?
    /// Whether a row that this change creates is told as 0 until `Ledger.release(_:in:)`.
    package let holdsNewSeries: Bool
    /// When a row that this change creates began, in milliseconds since 1970.
    package let createdMilliseconds: Int64

    package init(
        key: RowKey, operation: Operation, exemplar: SeenRecord? = nil, isHeldWhenNew: Bool = false,
        bornMilliseconds: Int64
    ) {
        self.key = key
        self.operation = operation
        self.exemplar = exemplar
        self.holdsNewSeries = isHeldWhenNew
        self.createdMilliseconds = bornMilliseconds
    }

    /// How a number moves: never down, because a counter that falls reads as a reset.
    package enum Operation: Sendable, Equatable {
        /// Plus this much, which is finite and not negative.
        case add(Double)
        /// At least this much, which is finite.
        case maximum(Double)

        /// The operand, or nil if it is none that the ledger takes.
        var operand: Double? {
            switch self {
            case .add(let amount): amount.isFinite && amount >= 0 ? amount : nil
            case .maximum(let value): value.isFinite ? value : nil
            }
        }
    }
}
