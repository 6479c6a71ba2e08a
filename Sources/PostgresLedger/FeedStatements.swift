import Ledger

/// The tables `feed` and `appliance`: checkpoints, the number of each feed, and the URLs of appliances.
enum FeedStatements {
    static func number(_ key: FeedKey, on connection: PostgresConnection) throws(PostgresError) -> Int64? {
        let found = try connection.run(
            "SELECT number FROM darktrace_exporter.feed WHERE appliance = $1 AND name = $2",
            [.text(key.appliance), .text(key.feed)])
        return found.count == 0 ? nil : found.integer(0, 0)
    }

    static func keys(on connection: PostgresConnection) throws(PostgresError) -> [FeedKey] {
        let found = try connection.run(
            "SELECT appliance, name FROM darktrace_exporter.feed ORDER BY appliance, name")
        return (0..<found.count).map { FeedKey(appliance: found.text($0, 0), feed: found.text($0, 1)) }
    }

    /// The checkpoint of a feed and its number.
    static func checkpoint(
        _ key: FeedKey, on connection: PostgresConnection
    ) throws(PostgresError) -> (number: Int64, checkpoint: FeedCheckpoint)? {
        let found = try connection.run(
            """
            SELECT number, start_ms, cursor_ms, is_complete, metadata
            FROM darktrace_exporter.feed WHERE appliance = $1 AND name = $2
            """, [.text(key.appliance), .text(key.feed)])
        guard found.count == 1 else { return nil }
        let (start, cursor) = (found.integer(0, 1), found.integer(0, 2))
        // Sums with such times could overflow.
        guard start.magnitude < 1 << 50, cursor.magnitude < 1 << 50,
            let metadata = NetstringList.decodedPairs(found.text(0, 4))
        else { throw PostgresError(.damaged, "unreadable checkpoint of a feed") }
        return (
            found.integer(0, 0),
            FeedCheckpoint(
                startMilliseconds: start, cursorMilliseconds: cursor, isComplete: found.truth(0, 3),
                metadata: metadata)
        )
    }

    /// Writes the checkpoint and returns the number of its feed. An existing start never goes forward, because what was
    /// counted since then would be forgotten.
    static func write(
        _ checkpoint: FeedCheckpoint, of key: FeedKey, on connection: PostgresConnection
    ) throws(PostgresError) -> Int64 {
        let written = try connection.run(
            """
            INSERT INTO darktrace_exporter.feed AS feed (appliance, name, start_ms, cursor_ms, is_complete, metadata)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (appliance, name) DO UPDATE
            SET start_ms = least(feed.start_ms, excluded.start_ms), cursor_ms = excluded.cursor_ms,
                is_complete = excluded.is_complete, metadata = excluded.metadata
            RETURNING number
            """,
            [
                .text(key.appliance), .text(key.feed), .integer(checkpoint.startMilliseconds),
                .integer(checkpoint.cursorMilliseconds), .truth(checkpoint.isComplete),
                .bytes(NetstringList.encoded(pairs: checkpoint.metadata)),
            ])
        return written.integer(0, 0)
    }

    static func urls(on connection: PostgresConnection) throws(PostgresError) -> [String: String] {
        let found = try connection.run("SELECT name, url FROM darktrace_exporter.appliance")
        var urls: [String: String] = [:]
        for row in 0..<found.count { urls[found.text(row, 0)] = found.text(row, 1) }
        return urls
    }

    static func set(url: String, of appliance: String, on connection: PostgresConnection) throws(PostgresError) {
        try connection.run(
            """
            INSERT INTO darktrace_exporter.appliance (name, url) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET url = excluded.url
            """, [.text(appliance), .text(url)])
    }
}
