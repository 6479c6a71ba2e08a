import Ledger

/// The table `row`: the true value of each number (`counted`) and the exposed one (`told`).
enum RowTable {
    /// Applies the changes in order.
    ///
    /// In a row that is held, or is new and to be held, only `counted` changes; in any other `told` follows. Values in
    /// an `ON CONFLICT` clause without `excluded.` are those before the change.
    ///
    /// - Returns: The change of the feed's sum of row hashes.
    static func apply(
        _ changes: [RowUpdate], to feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int64 {
        var difference: Int64 = 0
        let current = try connection.prepare(
            "SELECT \(columns) FROM \"row\" WHERE feed = ?1 AND family = ?2 AND labels = ?3 AND part = ?4")
        let add = try connection.prepare(upsert(counted: "counted + excluded.counted"))
        let maximum = try connection.prepare(upsert(counted: "max(counted, excluded.counted)"))
        for change in changes {
            difference &-= try hash(current, [.integer(feed)] + values(change.key)) ?? 0
            switch change.operation {
            case .add(let amount): difference &+= try hash(add, values(change, amount, feed)) ?? 0
            case .maximum(let value): difference &+= try hash(maximum, values(change, value, feed)) ?? 0
            }
        }
        return difference
    }

    /// Reads all rows of a feed in the order of the primary key.
    static func eachRow(
        of feed: Int64, on connection: borrowing Connection, _ onRow: (LedgerRow) -> Void
    ) throws(SQLiteError) {
        let statement = try connection.prepare(
            """
            SELECT \(columns)
            FROM "row" WHERE feed = ?1 ORDER BY family, labels, part
            """)
        try statement.bind([.integer(feed)])
        // Thousands of rows have the same family name; it is allocated once.
        var family = ""
        while try statement.step() {
            family = statement.text(at: 0, reusing: family)
            onRow(try row(statement, of: family))
        }
    }

    /// Exposes the true value of held rows; keys that are not held or do not exist are ignored.
    ///
    /// - Returns: The change of the feed's sum of row hashes.
    static func release(
        _ keys: [RowKey], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int64 {
        var difference: Int64 = 0
        let held = try connection.prepare(
            """
            SELECT \(columns) FROM "row"
            WHERE feed = ?1 AND family = ?2 AND labels = ?3 AND part = ?4 AND is_held
            """)
        let statement = try connection.prepare(
            """
            UPDATE "row" SET told = counted, is_held = 0
            WHERE feed = ?1 AND family = ?2 AND labels = ?3 AND part = ?4 AND is_held
            RETURNING \(columns)
            """)
        for key in keys {
            difference &-= try hash(held, [.integer(feed)] + values(key)) ?? 0
            difference &+= try hash(statement, [.integer(feed)] + values(key)) ?? 0
        }
        return difference
    }

    /// The sum of the hashes of all rows of a feed.
    static func sum(of feed: Int64, on connection: borrowing Connection) throws(SQLiteError) -> Int64 {
        let statement = try connection.prepare("SELECT \(columns) FROM \"row\" WHERE feed = ?1")
        try statement.bind([.integer(feed)])
        var sum: Int64 = 0
        while try statement.step() { sum &+= hash(statement) }
        return sum
    }

    /// The columns of a row, in the order in which they are hashed and read.
    private static let columns =
        "family, labels, part, counted, told, is_held, newest_id, newest_ms, born_ms, newest_value"

    /// Runs a statement that returns at most one row, and hashes that.
    private static func hash(
        _ statement: borrowing Statement, _ values: [DatabaseValue]
    ) throws(SQLiteError) -> Int64? {
        try statement.bind(values)
        guard try statement.step() else { return nil }
        let value = hash(statement)
        try statement.finish()
        return value
    }

    private static func hash(_ row: borrowing Statement) -> Int64 {
        var hash = StableHash()
        row.withText(at: 0) { hash.combine($0) }
        row.withText(at: 1) { hash.combine($0) }
        hash.combine(row.integer(at: 2))
        hash.combine(row.real(at: 3))
        hash.combine(row.real(at: 4))
        for column in Int32(5)..<9 {
            hash.combine(row.isNull(at: column) ? Int64(1) : 0)
            hash.combine(row.integer(at: column))
        }
        // Rows of older versions have none, and keep their hash.
        if !row.isNull(at: 9) { hash.combine(row.real(at: 9)) }
        return hash.value
    }

    private static func upsert(counted: String) -> String {
        let isNewer =
            "excluded.newest_ms IS NOT NULL AND (newest_ms IS NULL OR excluded.newest_ms > newest_ms)"
        return """
            INSERT INTO "row" (feed, family, labels, part, counted, told, is_held, newest_id, newest_ms, born_ms,
                newest_value)
            VALUES (?1, ?2, ?3, ?4, ?5, iif(?6, 0, ?5), ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (feed, family, labels, part) DO UPDATE SET
                counted = \(counted),
                told = iif(is_held, told, \(counted)),
                newest_id = iif(\(isNewer), excluded.newest_id, newest_id),
                newest_ms = iif(\(isNewer), excluded.newest_ms, newest_ms),
                newest_value = iif(\(isNewer), excluded.newest_value, newest_value)
            RETURNING \(columns)
            """
    }

    private static func values(_ key: RowKey) -> [DatabaseValue] {
        [.text(key.family), .text(NetstringList.encoded(key.labels)), .integer(key.part.number)]
    }

    private static func values(_ change: RowUpdate, _ operand: Double, _ feed: Int64) -> [DatabaseValue] {
        [.integer(feed)] + values(change.key) + [
            .real(operand), .truth(change.holdsNewSeries),
            change.exemplar.map { .integer($0.id) } ?? .null,
            change.exemplar.map { .integer($0.milliseconds) } ?? .null, .integer(change.createdMilliseconds),
            change.exemplarValue.flatMap { $0.isFinite ? .real($0) : nil } ?? .null,
        ]
    }

    private static func row(_ statement: borrowing Statement, of family: String) throws(SQLiteError) -> LedgerRow {
        guard let labels = statement.withText(at: 1, NetstringList.decoded),
            let part = RowKey.Part(number: statement.integer(at: 2))
        else { throw SQLiteError(code: .corrupt, message: "unreadable key of a row") }
        return LedgerRow(
            key: RowKey(family: family, labels: labels, part: part),
            value: statement.real(at: 3), exposedValue: statement.real(at: 4), isHeld: statement.integer(at: 5) != 0,
            newest: statement.isNull(at: 7)
                ? nil : SeenRecord(id: statement.integer(at: 6), milliseconds: statement.integer(at: 7)),
            newestValue: statement.isNull(at: 9) ? nil : statement.real(at: 9),
            createdMilliseconds: statement.integer(at: 8))
    }
}
