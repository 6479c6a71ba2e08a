/// The table `row`: the true value of each number (`counted`) and the exposed one (`told`).
enum RowTable {
    /// Applies the changes in order.
    ///
    /// In a row that is held, or is new and to be held, only `counted` changes; in any other `told` follows. Values in
    /// an `ON CONFLICT` clause without `excluded.` are those before the change.
    static func apply(
        _ changes: [RowUpdate], to feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) {
        let add = try connection.prepare(upsert(counted: "counted + excluded.counted"))
        let maximum = try connection.prepare(upsert(counted: "max(counted, excluded.counted)"))
        for change in changes {
            switch change.operation {
            case .add(let amount): try add.run(values(change, amount, feed))
            case .maximum(let value): try maximum.run(values(change, value, feed))
            }
        }
    }

    /// Reads all rows of a feed in the order of the primary key.
    static func eachRow(
        of feed: Int64, on connection: borrowing Connection, _ onRow: (LedgerRow) -> Void
    ) throws(SQLiteError) {
        let statement = try connection.prepare(
            """
            SELECT family, labels, part, counted, told, is_held, newest_id, newest_ms, born_ms
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
    static func release(
        _ keys: [RowKey], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) {
        let statement = try connection.prepare(
            """
            UPDATE "row" SET told = counted, is_held = 0
            WHERE feed = ?1 AND family = ?2 AND labels = ?3 AND part = ?4 AND is_held
            """)
        for key in keys { try statement.run([.integer(feed)] + values(key)) }
    }

    private static func upsert(counted: String) -> String {
        let isNewer =
            "excluded.newest_ms IS NOT NULL AND (newest_ms IS NULL OR excluded.newest_ms > newest_ms)"
        return """
            INSERT INTO "row" (feed, family, labels, part, counted, told, is_held, newest_id, newest_ms, born_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, iif(?6, 0, ?5), ?6, ?7, ?8, ?9)
            ON CONFLICT (feed, family, labels, part) DO UPDATE SET
                counted = \(counted),
                told = iif(is_held, told, \(counted)),
                newest_id = iif(\(isNewer), excluded.newest_id, newest_id),
                newest_ms = iif(\(isNewer), excluded.newest_ms, newest_ms)
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
        ]
    }

    private static func row(_ statement: borrowing Statement, of family: String) throws(SQLiteError) -> LedgerRow {
        guard let labels = NetstringList.decoded(statement.text(at: 1)),
            let part = RowKey.Part(number: statement.integer(at: 2))
        else { throw SQLiteError(code: .corrupt, message: "unreadable key of a row") }
        return LedgerRow(
            key: RowKey(family: family, labels: labels, part: part),
            value: statement.real(at: 3), exposedValue: statement.real(at: 4), isHeld: statement.integer(at: 5) != 0,
            newest: statement.isNull(at: 7)
                ? nil : SeenRecord(id: statement.integer(at: 6), milliseconds: statement.integer(at: 7)),
            createdMilliseconds: statement.integer(at: 8))
    }
}

extension RowKey.Part {
    /// The number of the part in the table.
    fileprivate var number: Int64 {
        switch self {
        case .value: -1
        case .sum: -2
        case .bucket(let index): Int64(index)
        }
    }

    fileprivate init?(number: Int64) {
        switch number {
        case -1: self = .value
        case -2: self = .sum
        case 0...: self = .bucket(Int(number))
        default: return nil
        }
    }
}
