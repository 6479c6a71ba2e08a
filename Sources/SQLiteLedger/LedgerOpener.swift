import CSQLite
@unsafe @preconcurrency import Dispatch
import Ledger
import Locking

/// A ledger that is open, with its lock unless it is in memory.
struct OpenLedger: ~Copyable {
    let connection: Connection
    let lock: LedgerLock?
    /// What must not be used of it.
    let damaged: DamagedFeeds

    /// Whether no other exporter can use the file.
    var hasLock: Bool {
        switch lock {
        case .some(let lock): lock.isIntact
        case .none: true
        }
    }
}

/// Opens a ledger, or throws: a file that is damaged or not a ledger is left as it is and never replaced.
struct LedgerOpener {
    let location: DatabaseLocation
    let migrations: [Migration]
    /// What the operator should know although the ledger can be used.
    private(set) var warnings: [String] = []

    init(location: DatabaseLocation, migrations: [Migration]) {
        self.location = location
        self.migrations = migrations
    }

    /// - Throws: `LedgerError`; the file is then as it was.
    mutating func open() throws(LedgerError) -> OpenLedger {
        switch location {
        case .memory:
            try translated { () throws(SQLiteError) in
                let connection = try Connection(path: ":memory:")
                try Migration.run(migrations, on: connection)
                let damaged = try DamagedFeeds(on: connection)
                return OpenLedger(connection: connection, lock: nil, damaged: damaged)
            }
        case .file(let path):
            try open(LedgerFile(path))
        case .database:
            throw LedgerError(.notDatabase, location)
        }
    }

    private mutating func open(_ file: LedgerFile) throws(LedgerError) -> OpenLedger {
        let isThere = try file.exists()
        let lock = try LedgerLock(file)
        if !isThere {
            try file.create(ifThere: .keep) { (path) throws(LedgerError) in
                try translated { () throws(SQLiteError) in
                    try Migration.run(migrations, on: Connection(path: path))
                }
            }
        }
        let size = try file.settledSize()
        let connection = try connection(to: file)
        let version = try refuseForeign(connection)
        try useWriteAheadLog(connection)
        let damaged: DamagedFeeds
        if let next = migrations.last?.version, version < next {
            try refuseDamaged(connection, size: size)
            try file.copy(connection, to: file.path + ".before-\(next)", ifThere: .replace)
            try translated { () throws(SQLiteError) in try Migration.run(migrations, on: connection) }
            damaged = try damagedFeeds(connection)
        } else {
            damaged = try damagedFeeds(of: file, size: size)
        }
        guard !damaged.concernsEveryAppliance else {
            throw LedgerError(.damaged, location, "its counts do not match their checksums")
        }
        if let warning = file.restrictMode() { warnings.append(warning) }
        try translated { () throws(SQLiteError) in
            // Only now is the file known to be a ledger of ours, so that SQLite may move its log into it.
            try connection.set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        }
        return OpenLedger(connection: connection, lock: lock, damaged: damaged)
    }

    /// A connection with all settings, of which nothing was read yet.
    func connection(to file: LedgerFile) throws(LedgerError) -> Connection {
        let connection = try translated { () throws(SQLiteError) in try Connection(path: file.path) }
        // SQLite falls back to read-only, and later fails to lock with an error that does not say so.
        guard !connection.isReadOnly else { throw LedgerError(.readOnly, location) }
        try translated { () throws(SQLiteError) in try applyHardening(connection) }
        return connection
    }

    /// Settings that have to be in force before the first page is read.
    ///
    /// `FULL` syncs each commit: with less, a power cut takes back numbers that were already exposed. The log shrinks to
    /// 4 MiB after a large commit; free pages of the file are reused, so neither grows under constant load.
    private func applyHardening(_ connection: borrowing Connection) throws(SQLiteError) {
        try connection.set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        try connection.set(SQLITE_DBCONFIG_DEFENSIVE, true)
        try connection.set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)
        try connection.set(SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
        try connection.set(SQLITE_DBCONFIG_ENABLE_VIEW, false)
        try connection.execute(
            """
            PRAGMA busy_timeout = \(Self.busyMilliseconds);
            PRAGMA cell_size_check = ON;
            PRAGMA synchronous = FULL;
            PRAGMA journal_size_limit = 4194304;
            """)
    }

    /// How long a write waits for one of a `state` command: less than a process may take to stop.
    private static let busyMilliseconds = 4_000

    /// - Returns: The version of the schema.
    func refuseForeign(_ connection: borrowing Connection) throws(LedgerError) -> Int64 {
        let (application, version, pages) = try translated { () throws(SQLiteError) in
            (
                try connection.integer("PRAGMA application_id") ?? 0,
                try connection.integer("PRAGMA user_version") ?? 0,
                try connection.integer("PRAGMA page_count") ?? 0
            )
        }
        // SQLite accepts an empty file as an empty database; a ledger is never empty.
        guard pages > 0 else { throw LedgerError(.notDatabase, location, "the file is empty") }
        guard application == Migration.applicationID, version > 0 else {
            throw LedgerError(.foreign, location, "application id \(application), schema \(version)")
        }
        let known = migrations.last?.version ?? 0
        guard version <= known else {
            throw LedgerError(.newer, location, "schema \(version), this version knows \(known)")
        }
        return version
    }

    private func useWriteAheadLog(_ connection: borrowing Connection) throws(LedgerError) {
        let mode = try translated { () throws(SQLiteError) in try connection.texts("PRAGMA journal_mode = WAL") }
        guard mode == ["wal"] else { throw LedgerError(.unexpected, location, "no write-ahead log: \(mode)") }
    }

    /// Checks the pages of a file and its content at the same time, because both read all of it.
    ///
    /// Each check has a connection of its own. SQLite closes none of the files as long as another of its connections in
    /// this process has a lock.
    ///
    /// - Throws: `LedgerError` for damaged pages; content that does not match its checksum is returned.
    private func damagedFeeds(of file: LedgerFile, size: Int64?) throws(LedgerError) -> DamagedFeeds {
        let checks = Locked<(pages: Result<Void, LedgerError>?, content: Result<DamagedFeeds, LedgerError>?)>(
            (nil, nil))
        DispatchQueue.concurrentPerform(iterations: 2) { number in
            if number == 0 {
                let pages = Result { () throws(LedgerError) in
                    try refuseDamaged(connection(to: file), size: size)
                }
                checks.withLock { $0.pages = pages }
            } else {
                let content = Result { () throws(LedgerError) in try damagedFeeds(connection(to: file)) }
                checks.withLock { $0.content = content }
            }
        }
        guard case (let pages?, let content?) = checks.withLock({ $0 }) else {
            throw LedgerError(.unexpected, location, "it was not checked")
        }
        try pages.get()
        return try content.get()
    }

    private func damagedFeeds(_ connection: borrowing Connection) throws(LedgerError) -> DamagedFeeds {
        try translated { () throws(SQLiteError) in
            try connection.reading { () throws(SQLiteError) in try DamagedFeeds(on: connection) }
        }
    }

    /// Reads the whole file once: 6 ms per MB from memory; a month of a busy appliance is a few MB.
    private func refuseDamaged(_ connection: borrowing Connection, size: Int64?) throws(LedgerError) {
        let (pageSize, findings) = try translated { () throws(SQLiteError) in
            (try connection.integer("PRAGMA page_size") ?? 1, try connection.texts("PRAGMA quick_check(3)"))
        }
        guard findings == ["ok"] else { throw LedgerError(.damaged, location, findings.joined(separator: "; ")) }
        if let size, !size.isMultiple(of: pageSize) {
            throw LedgerError(.damaged, location, "its last page is truncated: \(size) bytes")
        }
    }

    private func translated<Result: ~Copyable>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(LedgerError) -> Result {
        do {
            return try body()
        } catch {
            throw error.ledgerError(at: location)
        }
    }
}

extension LedgerFile {
    /// Writes a consistent copy of an open ledger, also while others write to that one.
    func copy(_ connection: borrowing Connection, to path: String, ifThere existing: Existing) throws(LedgerError) {
        try LedgerFile(path).create(ifThere: existing) { (path) throws(LedgerError) in
            do throws(SQLiteError) {
                // A reader of a write-ahead log has a snapshot, and delays no writer.
                try connection.prepare("VACUUM INTO ?1").run([.text(path)])
            } catch {
                throw error.ledgerError(at: LedgerFile(path).location)
            }
        }
    }
}
