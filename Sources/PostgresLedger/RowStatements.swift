import Ledger

/// The table `ledger_row`: the true value of each number (`counted`) and the exposed one.
enum RowStatements {
    /// Rows per statement, so that each one ends well before its deadline.
    private static let batchSize = 2_000

    /// Applies the changes in order.
    ///
    /// A statement can change a row once, so a key that is repeated begins another round.
    static func apply(
        _ changes: [RowUpdate], to feed: Int64, on connection: PostgresConnection
    ) throws(PostgresError) {
        var keys: Set<RowKey> = []
        var round: [RowUpdate] = []
        for change in changes {
            if !keys.insert(change.key).inserted || round.count >= batchSize {
                try applyRound(round, to: feed, on: connection)
                round = []
                keys = [change.key]
            }
            round.append(change)
        }
        try applyRound(round, to: feed, on: connection)
    }

    private static func applyRound(
        _ changes: [RowUpdate], to feed: Int64, on connection: PostgresConnection
    ) throws(PostgresError) {
        var (amounts, maxima): ([RowUpdate], [RowUpdate]) = ([], [])
        for change in changes {
            switch change.operation {
            case .add: amounts.append(change)
            case .maximum: maxima.append(change)
            }
        }
        if !amounts.isEmpty {
            try connection.run(upsert(counted: "stored.counted + excluded.counted"), values(amounts, feed))
        }
        if !maxima.isEmpty {
            try connection.run(upsert(counted: "greatest(stored.counted, excluded.counted)"), values(maxima, feed))
        }
    }

    /// In a row that is held, or is new and to be held, only `counted` changes; in any other `exposed` follows.
    private static func upsert(counted: String) -> String {
        let isNewer =
            "excluded.newest_ms IS NOT NULL AND (stored.newest_ms IS NULL OR excluded.newest_ms > stored.newest_ms)"
        return """
            INSERT INTO darktrace_exporter.ledger_row AS stored
                (feed, family, labels, part, counted, exposed, is_held, newest_id, newest_ms, newest_value, created_ms)
            SELECT $1, family, labels, part, operand, CASE WHEN is_held THEN 0 ELSE operand END, is_held,
                newest_id, newest_ms, newest_value, created_ms
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10) AS change
                (family, labels, part, operand, is_held, newest_id, newest_ms, newest_value, created_ms)
            ON CONFLICT (feed, family, labels_hash, part) DO UPDATE SET
                counted = \(counted),
                exposed = CASE WHEN stored.is_held THEN stored.exposed ELSE \(counted) END,
                newest_id = CASE WHEN \(isNewer) THEN excluded.newest_id ELSE stored.newest_id END,
                newest_ms = CASE WHEN \(isNewer) THEN excluded.newest_ms ELSE stored.newest_ms END,
                newest_value = CASE WHEN \(isNewer) THEN excluded.newest_value ELSE stored.newest_value END
            """
    }

    private static func values(_ changes: [RowUpdate], _ feed: Int64) -> [PostgresValue] {
        [.integer(feed)] + values(changes.map(\.key)) + [
            .reals(changes.map { $0.operation.operand }), .truths(changes.map(\.holdsNewSeries)),
            .integers(changes.map { $0.exemplar?.id }), .integers(changes.map { $0.exemplar?.milliseconds }),
            .reals(changes.map { $0.exemplarValue.flatMap { $0.isFinite ? $0 : nil } }),
            .integers(changes.map(\.createdMilliseconds)),
        ]
    }

    private static func values(_ keys: [RowKey]) -> [PostgresValue] {
        [
            .texts(keys.map(\.family)), .byteStrings(keys.map { NetstringList.encoded($0.labels) }),
            .integers(keys.map(\.part.number)),
        ]
    }

    /// Exposes the true value of held rows; keys that are not held or do not exist are ignored.
    static func release(_ keys: [RowKey], of feed: Int64, on connection: PostgresConnection) throws(PostgresError) {
        try connection.run(
            """
            UPDATE darktrace_exporter.ledger_row AS stored SET exposed = stored.counted, is_held = false
            FROM unnest($2, $3, $4) AS released (family, labels, part)
            WHERE stored.feed = $1 AND stored.family = released.family AND stored.part = released.part
                AND stored.labels_hash = pg_catalog.sha256(released.labels) AND stored.is_held
            """, [.integer(feed)] + values(keys))
    }

    /// Reads all rows of a feed, in the order that SQLite gives them.
    static func eachRow(
        of feed: Int64, on connection: PostgresConnection, _ onRow: (LedgerRow) -> Void
    ) throws(PostgresError) {
        let rows = try connection.rows(
            """
            SELECT family, labels, part, counted, exposed, is_held, newest_id, newest_ms, newest_value, created_ms
            FROM darktrace_exporter.ledger_row WHERE feed = $1 ORDER BY family, labels, part
            """, [.integer(feed)])
        for row in 0..<rows.count {
            guard let labels = NetstringList.decoded(rows.text(row, 1)),
                let part = RowKey.Part(number: rows.integer(row, 2))
            else { throw PostgresError(.damaged, "unreadable key of a row") }
            onRow(
                LedgerRow(
                    key: RowKey(family: rows.text(row, 0), labels: labels, part: part),
                    value: rows.real(row, 3), exposedValue: rows.real(row, 4), isHeld: rows.truth(row, 5),
                    newest: rows.isNull(row, 7)
                        ? nil : SeenRecord(id: rows.integer(row, 6), milliseconds: rows.integer(row, 7)),
                    newestValue: rows.isNull(row, 8) ? nil : rows.real(row, 8),
                    createdMilliseconds: rows.integer(row, 9)))
        }
    }
}
