import CSQLite

/// Opens a ledger, or refuses: a file that is none, or is broken, stays as it is and no new one takes its place.
struct Opening {
    let location: Location
    let migrations: [Migration]

    func connection() throws(LedgerError) -> Connection {
        switch location {
        case .memory:
            try translated { () throws(SQLiteFailure) in
                let connection = try Connection(path: ":memory:")
                try Migration.run(migrations, on: connection)
                return connection
            }
        case .file(let path):
            try connection(to: LedgerFile(path))
        }
    }

    private func connection(to file: LedgerFile) throws(LedgerError) -> Connection {
        if try !file.isThere() {
            try file.create { (path) throws(LedgerError) in
                try translated { () throws(SQLiteFailure) in
                    try Migration.run(migrations, on: Connection(path: path))
                }
            }
        }
        let connection = try translated { () throws(SQLiteFailure) in
            let connection = try Connection(path: file.path)
            try guardAgainstContent(connection)
            return connection
        }
        try refuseForeign(connection)
        try translated { () throws(SQLiteFailure) in
            try Migration.run(migrations, on: connection)
            // From here on the file is ours to tidy up.
            try connection.set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        }
        return connection
    }

    /// Settings that have to be in force before the first page is read.
    private func guardAgainstContent(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        try connection.set(SQLITE_DBCONFIG_DEFENSIVE, true)
        try connection.set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)
        try connection.set(SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
        try connection.set(SQLITE_DBCONFIG_ENABLE_VIEW, false)
        try connection.execute(
            """
            PRAGMA locking_mode = EXCLUSIVE;
            PRAGMA busy_timeout = 0;
            PRAGMA cell_size_check = ON;
            PRAGMA synchronous = FULL;
            PRAGMA journal_size_limit = 4194304;
            """)
    }

    private func refuseForeign(_ connection: borrowing Connection) throws(LedgerError) {
        let facts = try translated { () throws(SQLiteFailure) in
            (
                application: try connection.integer("PRAGMA application_id") ?? 0,
                version: try connection.integer("PRAGMA user_version") ?? 0
            )
        }
        // An empty file reads as a database without anything: a ledger never is.
        if facts.application == 0 && facts.version == 0 {
            let pages = try translated { () throws(SQLiteFailure) in try connection.integer("PRAGMA page_count") }
            if pages == 0 { throw LedgerError(.notDatabase, location, "the file is empty") }
        }
        guard facts.application == Migration.applicationID, facts.version > 0 else {
            throw LedgerError(.foreign, location, "application id \(facts.application)")
        }
        let known = migrations.last?.version ?? 0
        guard facts.version <= known else {
            throw LedgerError(.newer, location, "schema \(facts.version), this version knows \(known)")
        }
        guard !connection.isReadOnly else { throw LedgerError(.readOnly, location) }
        // The first write takes the lock that keeps a second exporter out for as long as this one is there.
        let mode = try translated { () throws(SQLiteFailure) in try connection.texts("PRAGMA journal_mode = WAL") }
        guard mode == ["wal"] else { throw LedgerError(.unexpected, location, "no write-ahead log: \(mode)") }
        let findings = try translated { () throws(SQLiteFailure) in try connection.texts("PRAGMA quick_check(3)") }
        guard findings == ["ok"] else {
            throw LedgerError(.damaged, location, findings.joined(separator: "; "))
        }
    }

    private func translated<Result: ~Copyable>(
        _ body: () throws(SQLiteFailure) -> Result
    ) throws(LedgerError) -> Result {
        do {
            return try body()
        } catch {
            throw error.ledgerError(at: location)
        }
    }
}
