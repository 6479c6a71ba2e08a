/// The table `mark`: the seen records.
enum SeenTable {
    /// For each record, whether none with its id is stored within `SeenRecord.tolerance` of it.
    static func unseen(
        _ records: [SeenRecord], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> [Bool] {
        let statement = try connection.prepare(
            "SELECT 1 FROM mark WHERE feed = ?1 AND id = ?2 AND ms BETWEEN ?3 AND ?4 LIMIT 1")
        var results: [Bool] = []
        results.reserveCapacity(records.count)
        for record in records {
            try statement.bind([
                .integer(feed), .integer(record.id), .integer(record.milliseconds.clampedAdding(-SeenRecord.tolerance)),
                .integer(record.milliseconds.clampedAdding(SeenRecord.tolerance)),
            ])
            results.append(try !statement.step())
        }
        return results
    }

    /// Stores the records that are not stored yet.
    static func store(
        _ records: [SeenRecord], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) {
        let statement = try connection.prepare("INSERT OR IGNORE INTO mark (feed, id, ms) VALUES (?1, ?2, ?3)")
        for record in records {
            try statement.run([.integer(feed), .integer(record.id), .integer(record.milliseconds)])
        }
    }

    /// Deletes up to `limit` records that are older than this, the oldest first.
    static func forget(
        before milliseconds: Int64, limit: Int, of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) {
        let statement = try connection.prepare(
            """
            DELETE FROM mark WHERE (feed, id, ms) IN
                (SELECT feed, id, ms FROM mark WHERE feed = ?1 AND ms < ?2 ORDER BY ms LIMIT ?3)
            """)
        try statement.run([.integer(feed), .integer(milliseconds), .integer(Int64(limit))])
    }
}

extension Int64 {
    fileprivate func clampedAdding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }
}
