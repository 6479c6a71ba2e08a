/// One number as the ledger holds it.
package struct LedgerRow: Sendable, Equatable {
    package let key: RowKey
    /// What is true.
    package let value: Double
    /// What is exposed: 0 while the row is held, else `counted`.
    package let exposedValue: Double
    package let isHeld: Bool
    /// The newest record behind the number; not to be shown while the row is held.
    package let newest: SeenRecord?
    /// When the row began, in milliseconds since 1970.
    package let createdMilliseconds: Int64

    package init(
        key: RowKey, counted: Double, told: Double, isHeld: Bool, newest: SeenRecord?, bornMilliseconds: Int64
    ) {
        self.key = key
        self.value = counted
        self.exposedValue = told
        self.isHeld = isHeld
        self.newest = newest
        self.createdMilliseconds = bornMilliseconds
    }
}
