import Ledger

/// Deduplication: the seen records, in the table `mark`.
enum SeenTable {
    /// For each record, whether none with its id is stored within `SeenRecord.tolerance` of it.
    static func unseen(
        _ records: [SeenRecord], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> [Bool] {
        // A catch-up goes forward in time: most of its records are newer than all that are stored.
        let newest = try connection.integer("SELECT max(ms) FROM mark WHERE feed = ?1", [.integer(feed)]) ?? .min
        let statement = try connection.prepare(
            "SELECT 1 FROM mark WHERE feed = ?1 AND id = ?2 AND ms BETWEEN ?3 AND ?4 LIMIT 1")
        var results: [Bool] = []
        results.reserveCapacity(records.count)
        for record in records {
            if record.milliseconds.clampedAdding(-SeenRecord.tolerance) > newest {
                results.append(true)
                continue
            }
            try statement.bind([
                .integer(feed), .integer(record.id), .integer(record.milliseconds.clampedAdding(-SeenRecord.tolerance)),
                .integer(record.milliseconds.clampedAdding(SeenRecord.tolerance)),
            ])
            results.append(try !statement.step())
        }
        return results
    }

    /// All records of a feed.
    static func all(of feed: Int64, on connection: borrowing Connection) throws(SQLiteError) -> [SeenRecord] {
        let statement = try connection.prepare("SELECT id, ms FROM mark WHERE feed = ?1")
        try statement.bind([.integer(feed)])
        var records: [SeenRecord] = []
        while try statement.step() {
            records.append(SeenRecord(id: statement.integer(at: 0), milliseconds: statement.integer(at: 1)))
        }
        return records
    }

    /// Stores the records that are not stored yet.
    ///
    /// - Returns: The change of the feed's sum of hashes.
    static func store(
        _ records: [SeenRecord], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int64 {
        var difference: Int64 = 0
        var next = 0
        while records.count - next >= groupSize {
            let group = records[next..<next + groupSize]
            difference &+= try store(group: group, of: feed, on: connection)
            next = group.endIndex
        }
        return difference &+ (try storeEach(records[next...], of: feed, on: connection))
    }

    /// Rows of one statement: a first lookback stores thousands.
    private static let groupSize = 32
    private static let insertGroup =
        "INSERT INTO mark (feed, id, ms) VALUES "
        + (0..<groupSize).map { "(?1, ?\(2 * $0 + 2), ?\(2 * $0 + 3))" }.joined(separator: ", ")

    /// Stores as many records as a group has: at once if all of them are new, else one by one.
    private static func store(
        group: ArraySlice<SeenRecord>, of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int64 {
        let statement = try connection.prepare(insertGroup)
        statement.reset()
        try statement.bind(.integer(feed), at: 1)
        var index: Int32 = 2
        for record in group {
            try statement.bind(.integer(record.id), at: index)
            try statement.bind(.integer(record.milliseconds), at: index + 1)
            index += 2
        }
        do throws(SQLiteError) {
            try statement.finish()
        } catch {
            // SQLite has undone the statement as a whole.
            guard case .constraint = error.code else { throw error }
            return try storeEach(group, of: feed, on: connection)
        }
        return group.reduce(0) { $0 &+ hash($1.id, $1.milliseconds) }
    }

    private static func storeEach(
        _ records: ArraySlice<SeenRecord>, of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int64 {
        var difference: Int64 = 0
        let statement = try connection.prepare("INSERT OR IGNORE INTO mark (feed, id, ms) VALUES (?1, ?2, ?3)")
        for record in records {
            try statement.run([.integer(feed), .integer(record.id), .integer(record.milliseconds)])
            if connection.changedRows > 0 { difference &+= hash(record.id, record.milliseconds) }
        }
        return difference
    }

    /// Deletes up to `limit` records that are older than this, the oldest first.
    ///
    /// - Returns: The change of the feed's sum of hashes.
    static func forget(
        before milliseconds: Int64, limit: Int, of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int64 {
        let statement = try connection.prepare(
            """
            DELETE FROM mark WHERE (feed, id, ms) IN
                (SELECT feed, id, ms FROM mark WHERE feed = ?1 AND ms < ?2 ORDER BY ms LIMIT ?3)
            RETURNING id, ms
            """)
        try statement.bind([.integer(feed), .integer(milliseconds), .integer(Int64(limit))])
        var difference: Int64 = 0
        while try statement.step() { difference &-= hash(statement.integer(at: 0), statement.integer(at: 1)) }
        return difference
    }

    /// The sum of the hashes of all records of a feed.
    static func sum(of feed: Int64, on connection: borrowing Connection) throws(SQLiteError) -> Int64 {
        let statement = try connection.prepare("SELECT id, ms FROM mark WHERE feed = ?1")
        try statement.bind([.integer(feed)])
        var sum: Int64 = 0
        while try statement.step() { sum &+= hash(statement.integer(at: 0), statement.integer(at: 1)) }
        return sum
    }

    private static func hash(_ id: Int64, _ milliseconds: Int64) -> Int64 {
        var hash = StableHash()
        hash.combine(id)
        hash.combine(milliseconds)
        return hash.value
    }
}
