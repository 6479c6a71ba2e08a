import Ledger

/// What the table `row` has for one number, apart from its key.
struct RowContent {
    /// The true value.
    private var value: Double
    /// The exposed value: 0 while the row is held.
    private var exposedValue: Double
    /// 1 or 0. It is kept as it was read, so that the hash finds any other number.
    private var heldFlag: Int64
    private var newestID: Int64?
    private var newestMilliseconds: Int64?
    private var createdMilliseconds: Int64
    private var newestValue: Double?

    /// The columns, in the order of `init(_:from:)` and `bind(to:from:)`.
    static let columns = "counted, told, is_held, newest_id, newest_ms, born_ms, newest_value"

    /// A new row.
    init(_ change: RowUpdate) {
        value = Self.stored(change.operation.operand ?? 0)
        heldFlag = change.holdsNewSeries ? 1 : 0
        exposedValue = change.holdsNewSeries ? 0 : value
        newestID = change.exemplar?.id
        newestMilliseconds = change.exemplar?.milliseconds
        createdMilliseconds = change.createdMilliseconds
        newestValue = Self.observed(change)
    }

    /// Reads the columns of the current row, of which the first has this index.
    init(_ row: borrowing Statement, from first: Int32) {
        value = row.real(at: first)
        exposedValue = row.real(at: first + 1)
        heldFlag = row.integer(at: first + 2)
        newestID = row.isNull(at: first + 3) ? nil : row.integer(at: first + 3)
        newestMilliseconds = row.isNull(at: first + 4) ? nil : row.integer(at: first + 4)
        createdMilliseconds = row.integer(at: first + 5)
        newestValue = row.isNull(at: first + 6) ? nil : row.real(at: first + 6)
    }

    var isHeld: Bool { heldFlag != 0 }

    /// The row after the change: while it is held, the exposed value stays.
    func applying(_ change: RowUpdate) -> RowContent {
        var changed = self
        switch change.operation {
        case .add(let amount): changed.value = Self.stored(value + amount)
        case .maximum(let other): changed.value = Self.stored(max(value, other))
        }
        if !isHeld { changed.exposedValue = changed.value }
        if let exemplar = change.exemplar, newestMilliseconds.map({ exemplar.milliseconds > $0 }) ?? true {
            changed.newestID = exemplar.id
            changed.newestMilliseconds = exemplar.milliseconds
            changed.newestValue = Self.observed(change)
        }
        return changed
    }

    /// The row with its true value exposed.
    var released: RowContent {
        var released = self
        released.exposedValue = value
        released.heldFlag = 0
        return released
    }

    /// Binds the values of `columns`, of which the first has this index.
    func bind(to statement: borrowing Statement, from first: Int32) throws(SQLiteError) {
        try statement.bind(.real(value), at: first)
        try statement.bind(.real(exposedValue), at: first + 1)
        try statement.bind(.integer(heldFlag), at: first + 2)
        try statement.bind(newestID.map { .integer($0) } ?? .null, at: first + 3)
        try statement.bind(newestMilliseconds.map { .integer($0) } ?? .null, at: first + 4)
        try statement.bind(.integer(createdMilliseconds), at: first + 5)
        try statement.bind(newestValue.map { .real($0) } ?? .null, at: first + 6)
    }

    /// The row as the ledger returns it.
    func row(_ key: RowKey) -> LedgerRow {
        LedgerRow(
            key: key, value: value, exposedValue: exposedValue, isHeld: isHeld,
            newest: newestMilliseconds.map { SeenRecord(id: newestID ?? 0, milliseconds: $0) },
            newestValue: newestValue, createdMilliseconds: createdMilliseconds)
    }

    /// Continues the hash of the row's key.
    func combine(into hash: inout StableHash) {
        hash.combine(value)
        hash.combine(exposedValue)
        Self.combine(heldFlag, into: &hash)
        Self.combine(newestID, into: &hash)
        Self.combine(newestMilliseconds, into: &hash)
        Self.combine(createdMilliseconds, into: &hash)
        // Rows of older versions have none, and keep their hash.
        if let newestValue { hash.combine(newestValue) }
    }

    private static func combine(_ integer: Int64?, into hash: inout StableHash) {
        hash.combine(integer == nil ? Int64(1) : 0)
        hash.combine(integer ?? 0)
    }

    private static func observed(_ change: RowUpdate) -> Double? {
        change.exemplarValue.flatMap { $0.isFinite ? stored($0) : nil }
    }

    /// The number as SQLite returns it: a zero loses its sign.
    private static func stored(_ number: Double) -> Double { number == 0 ? 0 : number }
}
