extension Migration {
    /// Version 1: rows, marks and books of any feed, so that a new endpoint needs no migration.
    ///
    /// `labels` and `notes` are a `TextList`. `part` is -1 for a value, -2 for a sum, else the index of a bucket.
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

            -- One id may have several lives, each at its own time.
            CREATE TABLE mark (
                feed INTEGER NOT NULL,
                id INTEGER NOT NULL,
                ms INTEGER NOT NULL,
                PRIMARY KEY (feed, id, ms)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX mark_by_age ON mark (feed, ms);
            """)
}
