/// The table `mark`: the records that were counted.
enum SeenTable {
    /// For each mark, whether no mark of its id is stored within `Mark.tolerance` of it.
    static func unseen(
        _ marks: [SeenRecord], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> [Bool] {
        let statement = try connection.prepare(
            "SELECT 1 FROM mark WHERE feed = ?1 AND id = ?2 AND ms BETWEEN ?3 AND ?4 LIMIT 1")
        var answers: [Bool] = []
        answers.reserveCapacity(marks.count)
        for mark in marks {
            try statement.bind([
                .integer(feed), .integer(mark.id), .integer(mark.milliseconds.clampedAdding(-SeenRecord.tolerance)),
                .integer(mark.milliseconds.clampedAdding(SeenRecord.tolerance)),
            ])
            answers.append(try !statement.step())
        }
        return answers
    }

    /// Stores the marks and returns how many were not there yet.
    static func store(
        _ marks: [SeenRecord], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int {
        let statement = try connection.prepare("INSERT OR IGNORE INTO mark (feed, id, ms) VALUES (?1, ?2, ?3)")
        var stored = 0
        for mark in marks {
            try statement.run([.integer(feed), .integer(mark.id), .integer(mark.milliseconds)])
            stored += connection.changedRows
        }
        return stored
    }

    /// Forgets up to `limit` marks, the oldest first, that are older than this, and returns how many.
    static func forget(
        before milliseconds: Int64, limit: Int, of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int {
        let statement = try connection.prepare(
            """
            DELETE FROM mark WHERE (feed, id, ms) IN
                (SELECT feed, id, ms FROM mark WHERE feed = ?1 AND ms < ?2 ORDER BY ms LIMIT ?3)
            """)
        try statement.run([.integer(feed), .integer(milliseconds), .integer(Int64(limit))])
        return connection.changedRows
    }
}

extension Int64 {
    fileprivate func clampedAdding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }
}
