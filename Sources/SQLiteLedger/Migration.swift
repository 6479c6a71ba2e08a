/// One step of the schema, from the version before to this one.
///
/// A released migration never changes, because ledgers in the field have been through it. A new one gets the next
/// number, and the tests get a file of the version before it.
package struct Migration: Sendable {
    /// From 1, without gaps; kept in the file as `PRAGMA user_version`.
    package let version: Int64
    package let sql: String
    /// What SQL cannot express; it runs in the same transaction, after the SQL of all steps.
    let fill: (@Sendable (borrowing Connection) throws(SQLiteError) -> Void)?

    package init(
        version: Int64, sql: String, fill: (@Sendable (borrowing Connection) throws(SQLiteError) -> Void)? = nil
    ) {
        self.version = version
        self.sql = sql
        self.fill = fill
    }

    /// All of them, oldest first.
    package static let all: [Migration] = [.generic, .checksums, .exemplarValues]

    /// `PRAGMA application_id` of a ledger, the letters "DTXL": it distinguishes a ledger from any other database.
    package static let applicationID: Int64 = 0x4454_584c

    /// Brings the database to the last of `migrations` in one transaction.
    static func run(_ migrations: [Migration], on connection: borrowing Connection) throws(SQLiteError) {
        let version = try connection.integer("PRAGMA user_version") ?? 0
        let pending = migrations.filter { $0.version > version }
        guard let last = pending.last else { return }
        try connection.transaction { () throws(SQLiteError) in
            for migration in pending { try connection.execute(migration.sql) }
            for migration in pending { try migration.fill?(connection) }
            try connection.execute("PRAGMA application_id = \(applicationID)")
            try connection.execute("PRAGMA user_version = \(last.version)")
        }
    }
}

extension Migration {
    /// Version 1: rows, seen records and checkpoints of any feed, so that a new endpoint needs no migration.
    ///
    /// The table `mark` holds the seen records. `labels` and `notes` are a `NetstringList`. `part` is -1 for a value, -2 for a sum, else the index of a bucket.
    static let generic = Migration(
        version: 1,
        sql: """
            CREATE TABLE feed (
                number INTEGER PRIMARY KEY,
                appliance TEXT NOT NULL,
                name TEXT NOT NULL,
                start_ms INTEGER NOT NULL,
                cursor_ms INTEGER NOT NULL,
                is_complete INTEGER NOT NULL,
                notes TEXT NOT NULL,
                UNIQUE (appliance, name)
            ) STRICT;

            CREATE TABLE "row" (
                feed INTEGER NOT NULL,
                family TEXT NOT NULL,
                labels TEXT NOT NULL,
                part INTEGER NOT NULL,
                counted REAL NOT NULL,
                told REAL NOT NULL,
                is_held INTEGER NOT NULL,
                newest_id INTEGER,
                newest_ms INTEGER,
                born_ms INTEGER NOT NULL,
                PRIMARY KEY (feed, family, labels, part)
            ) STRICT, WITHOUT ROWID;

            -- One id may identify several records, each with its own time.
            CREATE TABLE mark (
                feed INTEGER NOT NULL,
                id INTEGER NOT NULL,
                ms INTEGER NOT NULL,
                PRIMARY KEY (feed, id, ms)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX mark_by_age ON mark (feed, ms);
            """)

    /// Version 2: a checksum of each feed's content; see `FeedChecksum`.
    static let checksums = Migration(
        version: 2,
        sql: """
            CREATE TABLE checksum (
                feed INTEGER PRIMARY KEY,
                feed_hash INTEGER NOT NULL,
                row_sum INTEGER NOT NULL,
                seen_sum INTEGER NOT NULL
            ) STRICT;
            """,
        fill: { (connection) throws(SQLiteError) in try FeedChecksum.storeAll(on: connection) })

    /// Version 3: the observed value behind the newest record of a row, and the URL of each appliance.
    static let exemplarValues = Migration(
        version: 3,
        sql: """
            ALTER TABLE "row" ADD COLUMN newest_value REAL;

            CREATE TABLE appliance (
                name TEXT PRIMARY KEY,
                url TEXT NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}
