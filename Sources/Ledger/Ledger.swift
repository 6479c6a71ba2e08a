/// What was counted, durably: rows, marks and books of every feed, in one SQLite database.
///
/// What a commit returned from is on the disk, and what was not committed was not counted. One ledger has a file for
/// itself: a second one, in this or another process, is refused. After an error nothing has changed and the ledger
/// goes on: the next commit succeeds when its cause is gone.
package actor Ledger {
    /// Where it is kept.
    package nonisolated let location: DatabaseLocation
    private nonisolated let executor: any SerialExecutor
    private var connection: Connection?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Opens the ledger, or makes it if there is no file (mode 0600), and brings an older one to today's schema.
    ///
    /// Works on the caller's thread; everything later runs on `executor`. Throws for a file that is no ledger, is
    /// damaged, of a newer version, in use, or cannot be written; such a file stays as it is. Nothing else in this
    /// process may open the file while the ledger is there: closing it would take the ledger's lock away (POSIX).
    package init(
        _ location: DatabaseLocation, executor: any SerialExecutor, migrations: [Migration] = Migration.all
    ) throws(LedgerError) {
        let connection = try LedgerOpener(location: location, migrations: migrations).connection()
        self.location = location
        self.executor = executor
        self.connection = consume connection
    }

    /// The feeds for which something was committed, by appliance and name.
    package func keys() throws(LedgerError) -> [FeedKey] {
        try withConnection { (connection) throws(SQLiteError) in try FeedTable.keys(on: connection) }
    }

    /// What a feed remembers, or nil before its first commit.
    package func checkpoint(_ key: FeedKey) throws(LedgerError) -> FeedCheckpoint? {
        try withConnection { (connection) throws(SQLiteError) in try FeedTable.checkpoint(key, on: connection) }
    }

    /// All numbers of a feed, always in the same order.
    package func rows(_ key: FeedKey) throws(LedgerError) -> [LedgerRow] {
        try reduce(key, into: []) { rows, row in rows.append(row) }
    }

    /// Takes in all numbers of a feed one by one, in the same order: thousands of them are never held together.
    package func reduce<Result: Sendable>(
        _ key: FeedKey, into initial: Result, _ take: @Sendable (inout Result, LedgerRow) -> Void
    ) throws(LedgerError) -> Result {
        try withConnection { (connection) throws(SQLiteError) in
            var result = initial
            guard let feed = try FeedTable.number(key, on: connection) else { return result }
            try RowTable.eachRow(of: feed, on: connection) { row in take(&result, row) }
            return result
        }
    }

    /// For each mark, whether it was never counted: no mark of its id within `Mark.tolerance` of it is stored.
    package func unseen(_ marks: [SeenRecord], in key: FeedKey) throws(LedgerError) -> [Bool] {
        try withConnection { (connection) throws(SQLiteError) in
            guard let feed = try FeedTable.number(key, on: connection) else {
                return Array(repeating: true, count: marks.count)
            }
            return try SeenTable.unseen(marks, of: feed, on: connection)
        }
    }

    /// Writes down one answer, as a whole or not at all, and returns when it is on the disk.
    ///
    /// A mark that stands twice, or is stored already, is stored once; the receipt tells. Of the marks that may be
    /// forgotten one commit takes twice what it stores and 10 000 more, so that no commit is long.
    @discardableResult
    package func commit(_ posting: WriteBatch) throws(LedgerError) -> Receipt {
        for change in posting.changes where change.operation.operand == nil {
            throw LedgerError(.posting, location, "\(change.key.family): \(change.operation)")
        }
        return try write { (connection) throws(SQLiteError) in
            let feed = try FeedTable.write(posting.checkpoint, of: posting.key, on: connection)
            try RowTable.apply(posting.changes, to: feed, on: connection)
            let stored = try SeenTable.store(posting.seen, of: feed, on: connection)
            let forgotten = try posting.forgetBeforeMilliseconds.map { (limit) throws(SQLiteError) in
                try SeenTable.forget(
                    before: limit, limit: 10_000 + 2 * posting.seen.count, of: feed, on: connection)
            }
            return Receipt(stored: stored, repeated: posting.seen.count - stored, forgotten: forgotten ?? 0)
        }
    }

    /// Lets held rows tell what they count, on the disk before it returns; other keys are passed over.
    package func release(_ keys: [RowKey], in key: FeedKey) throws(LedgerError) {
        try write { (connection) throws(SQLiteError) in
            guard let feed = try FeedTable.number(key, on: connection) else { return }
            try RowTable.release(keys, of: feed, on: connection)
        }
    }

    /// Moves the log into the file and lets go of it; every later call throws. A second close does nothing.
    ///
    /// Throws if the log cannot be moved, as on a full disk. The ledger is closed all the same and nothing is lost: the
    /// log is read at the next opening, as that of a ledger which was dropped or killed.
    package func close() throws(LedgerError) {
        guard connection != nil else { return }
        defer { connection = nil }
        try withConnection { (connection) throws(SQLiteError) in
            try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    /// Makes commits fail from now on, or lets them succeed again; for tests alone.
    package func inject(_ fault: Fault?) throws(LedgerError) {
        try withConnection { (connection) throws(SQLiteError) in
            connection.refuseCommits(fault == .refusedCommits)
            // SQLite raises a limit that the file is over to the size it has.
            try connection.execute("PRAGMA max_page_count = \(fault == .fullDisk ? 1 : 1_073_741_823)")
        }
    }

    private func write<Result>(
        _ body: (borrowing Connection) throws(SQLiteError) -> Result
    ) throws(LedgerError) -> Result {
        // What SQLite writes to a file without a name succeeds, and is gone with this process.
        let isAstray = try withConnection { (connection) throws(SQLiteError) in
            location != .memory && (connection.hasMoved || connection.hasLostItsLog)
        }
        guard !isAstray else { throw LedgerError(.moved, location) }
        return try withConnection { (connection) throws(SQLiteError) in
            try connection.transaction { () throws(SQLiteError) in try body(connection) }
        }
    }

    private func withConnection<Result>(
        _ body: (borrowing Connection) throws(SQLiteError) -> Result
    ) throws(LedgerError) -> Result {
        do throws(SQLiteError) {
            switch connection {
            case .some(let connection): return try body(connection)
            case .none: break
            }
        } catch {
            throw error.ledgerError(at: location)
        }
        throw LedgerError(.closed, location)
    }
}
