import Ledger

/// Deduplication: the table `seen_record`.
enum SeenStatements {
    /// Records per statement, so that each one ends well before its deadline.
    private static let batchSize = 5_000

    /// For each record, whether none with its id is stored within `SeenRecord.tolerance` of it.
    static func unseen(
        _ records: [SeenRecord], of feed: Int64, on connection: PostgresConnection
    ) throws(PostgresError) -> [Bool] {
        var results: [Bool] = []
        results.reserveCapacity(records.count)
        for batch in records.batches(of: batchSize) {
            let found = try connection.run(
                """
                SELECT NOT EXISTS (
                    SELECT FROM darktrace_exporter.seen_record AS seen
                    WHERE seen.feed = $1 AND seen.id = asked.id AND seen.ms BETWEEN asked.earliest AND asked.latest)
                FROM unnest($2, $3, $4) WITH ORDINALITY AS asked (id, earliest, latest, place)
                ORDER BY asked.place
                """,
                [
                    .integer(feed), .integers(batch.map(\.id)),
                    .integers(batch.map { $0.milliseconds.clampedAdding(-SeenRecord.tolerance) }),
                    .integers(batch.map { $0.milliseconds.clampedAdding(SeenRecord.tolerance) }),
                ])
            results += (0..<found.count).map { found.truth($0, 0) }
        }
        return results
    }

    /// All records of a feed.
    static func all(of feed: Int64, on connection: PostgresConnection) throws(PostgresError) -> [SeenRecord] {
        let found = try connection.run(
            "SELECT id, ms FROM darktrace_exporter.seen_record WHERE feed = $1", [.integer(feed)], seconds: 60)
        return (0..<found.count).map { SeenRecord(id: found.integer($0, 0), milliseconds: found.integer($0, 1)) }
    }

    /// Stores the records that are not stored yet.
    static func store(
        _ records: [SeenRecord], of feed: Int64, on connection: PostgresConnection
    ) throws(PostgresError) {
        for batch in records.batches(of: batchSize) {
            try connection.run(
                """
                INSERT INTO darktrace_exporter.seen_record (feed, id, ms)
                SELECT $1, id, ms FROM unnest($2, $3) AS record (id, ms)
                ON CONFLICT DO NOTHING
                """, [.integer(feed), .integers(batch.map(\.id)), .integers(batch.map(\.milliseconds))])
        }
    }

    /// Deletes up to `limit` records that are older than this, the oldest first.
    static func forget(
        before milliseconds: Int64, limit: Int, of feed: Int64, on connection: PostgresConnection
    ) throws(PostgresError) {
        try connection.run(
            """
            DELETE FROM darktrace_exporter.seen_record AS seen
            USING (SELECT id, ms FROM darktrace_exporter.seen_record
                WHERE feed = $1 AND ms < $2 ORDER BY ms LIMIT $3) AS old
            WHERE seen.feed = $1 AND seen.id = old.id AND seen.ms = old.ms
            """, [.integer(feed), .integer(milliseconds), .integer(Int64(limit))])
    }
}

extension Array {
    /// Its elements in order, in parts of at most so many.
    func batches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
