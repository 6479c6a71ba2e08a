/// One number as the ledger holds it.
package struct Row: Sendable, Equatable {
    package let key: RowKey
    /// What is true.
    package let counted: Double
    /// What is exposed: 0 while the row is held, else `counted`.
    package let told: Double
    package let isHeld: Bool
    /// The newest record behind the number; not to be shown while the row is held.
    package let newest: Mark?
    /// When the row began, in milliseconds since 1970.
    package let bornMilliseconds: Int64

    package init(
        key: RowKey, counted: Double, told: Double, isHeld: Bool, newest: Mark?, bornMilliseconds: Int64
    ) {
        self.key = key
        self.counted = counted
        self.told = told
        self.isHeld = isHeld
        self.newest = newest
        self.bornMilliseconds = bornMilliseconds
    }
}
