import Ledger

/// The table `feed`: the checkpoints, and the number that identifies a feed in the other tables.
enum FeedTable {
    /// The number of a feed, or nil if nothing was committed for it yet.
    static func number(_ key: FeedKey, on connection: borrowing Connection) throws(SQLiteError) -> Int64? {
        try connection.integer(
            "SELECT number FROM feed WHERE appliance = ?1 AND name = ?2", [.text(key.appliance), .text(key.feed)])
    }

    static func checkpoint(_ key: FeedKey, on connection: borrowing Connection) throws(SQLiteError) -> FeedCheckpoint? {
        let statement = try connection.prepare(
            "SELECT start_ms, cursor_ms, is_complete, notes FROM feed WHERE appliance = ?1 AND name = ?2")
        try statement.bind([.text(key.appliance), .text(key.feed)])
        guard try statement.step() else { return nil }
        let (start, cursor) = (statement.integer(at: 0), statement.integer(at: 1))
        // SQLite's checks do not detect a flipped bit, and sums with such times could overflow.
        guard start.magnitude < 1 << 50, cursor.magnitude < 1 << 50 else {
            throw SQLiteError(code: .damagedFeed, message: "a feed has an impossible time")
        }
        guard let metadata = NetstringList.decodedPairs(statement.text(at: 3)) else {
            throw SQLiteError(code: .damagedFeed, message: "unreadable metadata of a feed")
        }
        return FeedCheckpoint(
            startMilliseconds: start, cursorMilliseconds: cursor,
            isComplete: statement.integer(at: 2) != 0, metadata: metadata)
    }

    /// Writes the checkpoint and returns the number of its feed. An existing start never goes forward, because what was
    /// counted since then would be forgotten.
    static func write(_ checkpoint: FeedCheckpoint, of key: FeedKey, on connection: borrowing Connection)
        throws(SQLiteError)
        -> Int64
    {
        let number = try connection.integer(
            """
            INSERT INTO feed (appliance, name, start_ms, cursor_ms, is_complete, notes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (appliance, name) DO UPDATE
            SET start_ms = min(start_ms, excluded.start_ms), cursor_ms = excluded.cursor_ms,
                is_complete = excluded.is_complete, notes = excluded.notes
            RETURNING number
            """,
            [
                .text(key.appliance), .text(key.feed), .integer(checkpoint.startMilliseconds),
                .integer(checkpoint.cursorMilliseconds), .truth(checkpoint.isComplete),
                .text(NetstringList.encoded(pairs: checkpoint.metadata)),
            ])
        guard let number else { throw SQLiteError(code: .corrupt, message: "a feed has no number") }
        return number
    }

    /// The numbers of all feeds, by appliance and name.
    static func numbers(on connection: borrowing Connection) throws(SQLiteError) -> [Int64] {
        try connection.integers("SELECT number FROM feed ORDER BY appliance, name")
    }

    /// The numbers of the feeds of an appliance.
    static func numbers(of appliance: String, on connection: borrowing Connection) throws(SQLiteError) -> [Int64] {
        try connection.integers("SELECT number FROM feed WHERE appliance = ?1 ORDER BY name", [.text(appliance)])
    }

    /// The feed with this number.
    static func key(_ number: Int64, on connection: borrowing Connection) throws(SQLiteError) -> FeedKey? {
        let statement = try connection.prepare("SELECT appliance, name FROM feed WHERE number = ?1")
        try statement.bind([.integer(number)])
        guard try statement.step() else { return nil }
        return FeedKey(appliance: statement.text(at: 0), feed: statement.text(at: 1))
    }

    static func rename(
        _ feed: Int64, to appliance: String, on connection: borrowing Connection
    ) throws(SQLiteError) {
        try connection.prepare("UPDATE feed SET appliance = ?2 WHERE number = ?1")
            .run([.integer(feed), .text(appliance)])
    }

    /// Deletes a feed with everything that is stored for it.
    static func forget(_ feed: Int64, on connection: borrowing Connection) throws(SQLiteError) {
        for (table, column) in [("mark", "feed"), ("\"row\"", "feed"), ("checksum", "feed"), ("feed", "number")] {
            try connection.prepare("DELETE FROM \(table) WHERE \(column) = ?1").run([.integer(feed)])
        }
    }

    /// Whether the index by name leads to the row of a feed: a damaged index would make the feed look new.
    static func isFoundByName(_ feed: Int64, on connection: borrowing Connection) throws(SQLiteError) -> Bool {
        guard let key = try key(feed, on: connection) else { return false }
        return try number(key, on: connection) == feed
    }

    /// The hash of a feed's row; 0 without one.
    static func hash(of feed: Int64, on connection: borrowing Connection) throws(SQLiteError) -> Int64 {
        let statement = try connection.prepare(
            "SELECT number, start_ms, cursor_ms, is_complete, appliance, name, notes FROM feed WHERE number = ?1")
        try statement.bind([.integer(feed)])
        guard try statement.step() else { return 0 }
        var hash = StableHash()
        for column in 0..<Int32(4) { hash.combine(statement.integer(at: column)) }
        for column in Int32(4)..<7 { hash.combine(statement.text(at: column)) }
        return hash.value
    }

    static func keys(on connection: borrowing Connection) throws(SQLiteError) -> [FeedKey] {
        let statement = try connection.prepare("SELECT appliance, name FROM feed ORDER BY appliance, name")
        var keys: [FeedKey] = []
        while try statement.step() {
            keys.append(FeedKey(appliance: statement.text(at: 0), feed: statement.text(at: 1)))
        }
        return keys
    }
}
