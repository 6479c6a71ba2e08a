@unsafe @preconcurrency import Dispatch
package import Ledger

/// The ledger in one SQLite file: the default.
///
/// When `commit` returns, the batch is on disk. A second ledger on one file, in this or another process, is refused; a
/// `StateFile` can use the file at the same time.
package actor SQLiteLedger: Ledger {
    package nonisolated let location: DatabaseLocation
    private nonisolated let executor: any SerialExecutor
    private var file: OpenLedger?
    private var damaged: DamagedFeeds
    /// Feeds whose first lookback is complete and in the main file.
    private var checkpointedFeeds: Set<FeedKey> = []
    private var commitsSinceCheckpoint = 0
    /// The feeds that were read or written, by which a feed that was removed or renamed by another process is noticed.
    private var numbers: [FeedKey: Int64] = [:]

    /// What the operator should know, such as a file mode that was too open.
    package nonisolated let warnings: [String]

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Opens the ledger, or creates it if there is no file (mode 0600), and migrates an older one to today's schema.
    ///
    /// This blocks the caller's thread; everything later runs on `executor`. In this process, only SQLite may open and
    /// close the file while the ledger exists: any other code would release SQLite's locks (POSIX). A file of an older
    /// version is copied to `PATH.before-VERSION` first.
    ///
    /// - Throws: `LedgerError` for a file that is not a ledger, is damaged, of a newer version, in use, or cannot be
    ///   written. Such a file is left as it is.
    package init(
        _ location: DatabaseLocation, executor: any SerialExecutor, migrations: [Migration] = Migration.all
    ) throws(LedgerError) {
        var opener = LedgerOpener(location: location, migrations: migrations)
        let file = try opener.open()
        damaged = file.damaged
        // A copy of the main file alone then has the schema and all counts. It fails harmlessly on a full disk.
        try? file.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        warnings = opener.warnings
        self.location = location
        self.executor = executor
        self.file = consume file
    }

    // MARK: Reading

    /// The feeds for which something was committed, by appliance and name.
    package func keys() throws(LedgerError) -> [FeedKey] {
        try withConnection { (connection) throws(SQLiteError) in try FeedTable.keys(on: connection) }
    }

    /// The checkpoint of a feed, or nil before its first commit.
    ///
    /// From then on, a feed that a `state` command renames or removes is refused, until this is called again.
    package func checkpoint(_ key: FeedKey) throws(LedgerError) -> FeedCheckpoint? {
        numbers[key] = nil
        let feed = try withConnection { (connection) throws(SQLiteError) in try number(key, connection) }
        guard let feed else { return nil }
        numbers[key] = feed
        return try withConnection { (connection) throws(SQLiteError) in
            try FeedTable.checkpoint(key, on: connection)
        }
    }

    /// The URLs of the appliances, by name, as `recordURL(_:of:)` stored them last.
    package func urls() throws(LedgerError) -> [String: String] {
        try withConnection { (connection) throws(SQLiteError) in try ApplianceTable.urls(on: connection) }
    }

    /// Combines all numbers of a feed one by one, in the same order, without holding them all in memory.
    package func reduce<Result: Sendable>(
        _ key: FeedKey, into initial: Result, _ onRow: @Sendable (inout Result, LedgerRow) -> Void
    ) throws(LedgerError) -> Result {
        try withConnection { (connection) throws(SQLiteError) in
            var result = initial
            guard let feed = try number(key, connection) else { return result }
            try RowTable.eachRow(of: feed, on: connection) { row in onRow(&result, row) }
            return result
        }
    }

    /// For each record, whether it was never counted: none with its id is stored within `SeenRecord.tolerance` of it.
    package func unseen(_ records: [SeenRecord], in key: FeedKey) throws(LedgerError) -> [Bool] {
        try withConnection { (connection) throws(SQLiteError) in
            guard let feed = try number(key, connection) else {
                return Array(repeating: true, count: records.count)
            }
            return try connection.reading { () throws(SQLiteError) in
                try SeenTable.unseen(records, of: feed, on: connection)
            }
        }
    }

    /// All records of a feed that were counted and are not forgotten yet, in no order.
    package func seenRecords(_ key: FeedKey) throws(LedgerError) -> [SeenRecord] {
        try withConnection { (connection) throws(SQLiteError) in
            guard let feed = try number(key, connection) else { return [] }
            return try SeenTable.all(of: feed, on: connection)
        }
    }

    /// Compares the content of all feeds with their checksums again, on a connection of its own and in the background,
    /// so that it delays no commit. A feed that was damaged in between is refused from then on.
    ///
    /// - Returns: What is wrong, one line each; empty if nothing is.
    /// - Throws: `LedgerError` too if the task is cancelled, soon after that.
    package nonisolated func verify() async throws(LedgerError) -> [String] {
        guard case .file(let path) = location else { return [] }
        let interruption = Interruption()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Reading takes seconds on a slow disk, for which no thread of the pool may be blocked.
                DispatchQueue(label: "ledger-check", qos: .background).async {
                    continuation.resume(returning: Self.content(of: path, endedBy: interruption))
                }
            }
        } onCancel: {
            interruption.request()
        }
        let (findings, damaged) = try result.get()
        await setDamaged(damaged)
        return findings
    }

    private static func content(
        of path: String, endedBy interruption: Interruption
    ) -> Result<([String], DamagedFeeds), LedgerError> {
        do throws(LedgerError) {
            let file = try StateFile(path, endedBy: interruption)
            return .success((try file.findings(), try file.damagedFeeds()))
        } catch {
            return .failure(error)
        }
    }

    private func setDamaged(_ feeds: DamagedFeeds) { damaged = feeds }

    // MARK: Writing

    /// Commits one response as a whole or not at all, and returns when it is on disk.
    ///
    /// A seen record that is repeated, or stored already, is stored once. Of those that may be deleted, one commit
    /// deletes twice what it stores and 10 000 more, so that no commit takes long.
    package func commit(_ batch: WriteBatch) throws(LedgerError) {
        try batch.check(at: location)
        let written = try write { (connection) throws(SQLiteError) in try write(batch, on: connection) }
        numbers[batch.key] = written
        commitsSinceCheckpoint += 1
        let isFirstLookback = batch.checkpoint.isComplete && checkpointedFeeds.insert(batch.key).inserted
        if isFirstLookback || commitsSinceCheckpoint >= Self.commitsPerCheckpoint { checkpointLog() }
    }

    /// Commits several responses, and the URLs of appliances, as a whole or not at all.
    package func commit(_ batches: [WriteBatch], urls: [String: String]) throws(LedgerError) {
        for batch in batches { try batch.check(at: location) }
        try write { (connection) throws(SQLiteError) in
            for batch in batches { _ = try write(batch, on: connection) }
            for (appliance, url) in urls { try ApplianceTable.set(url: url, of: appliance, on: connection) }
        }
    }

    /// - Returns: The number of the feed.
    private func write(_ batch: WriteBatch, on connection: borrowing Connection) throws(SQLiteError) -> Int64 {
        _ = try number(batch.key, connection)
        let feed = try FeedTable.write(batch.checkpoint, of: batch.key, on: connection)
        let rows = try RowTable.apply(batch.changes, to: feed, on: connection)
        var seen = try SeenTable.store(batch.seen, of: feed, on: connection)
        if let limit = batch.forgetBeforeMilliseconds {
            seen &+= try SeenTable.forget(
                before: limit, limit: 10_000 + 2 * batch.seen.count, of: feed, on: connection)
        }
        try FeedChecksum.update(feed, rows: rows, seen: seen, on: connection)
        return feed
    }

    /// Exposes the true value of held rows, and returns when that is on disk; other keys are ignored.
    package func release(_ keys: [RowKey], in key: FeedKey) throws(LedgerError) {
        try write { (connection) throws(SQLiteError) in
            guard let feed = try number(key, connection) else { return }
            let rows = try RowTable.release(keys, of: feed, on: connection)
            try FeedChecksum.update(feed, rows: rows, on: connection)
        }
    }

    /// Stores the URL of an appliance, by which it is recognised if two configuration files have its name.
    package func recordURL(_ url: String, of appliance: String) throws(LedgerError) {
        try write { (connection) throws(SQLiteError) in
            try ApplianceTable.set(url: url, of: appliance, on: connection)
        }
    }

    /// Moves the log into the file and closes it; every later call throws. A second close does nothing.
    ///
    /// - Throws: `LedgerError` if the log cannot be moved, as on a full disk. The ledger is closed all the same and
    ///   nothing is lost: the next opening reads the log.
    package func close() throws(LedgerError) {
        guard file != nil else { return }
        defer { file = nil }
        try withConnection { (connection) throws(SQLiteError) in
            // A `state` command that reads postpones it to the next opening.
            try connection.execute("PRAGMA busy_timeout = 0")
            try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    /// A copy of the main file without its log is at most this many commits old.
    private static let commitsPerCheckpoint = 32

    /// Moves the log into the main file, which then is a consistent, recent copy of the ledger.
    private func checkpointLog() {
        commitsSinceCheckpoint = 0
        // The commit is on disk already; a full disk, for example, only postpones this.
        try? withConnection { (connection) throws(SQLiteError) in
            try connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        }
    }

    /// The number of a feed, or nil if nothing was committed for it yet.
    ///
    /// - Throws: `SQLiteError` with `.damagedFeed` if the feed is damaged, with `.notFound` if it is not the one that was read.
    private func number(_ key: FeedKey, _ connection: borrowing Connection) throws(SQLiteError) -> Int64? {
        let number = try FeedTable.number(key, on: connection)
        try damaged.check(number)
        if let known = numbers[key], known != number { throw SQLiteError(code: .notFound, message: "unknown feed") }
        return number
    }

    private func write<Result>(
        _ body: (borrowing Connection) throws(SQLiteError) -> Result
    ) throws(LedgerError) -> Result {
        if let file = try missingFile() { throw LedgerError(.moved, location, file) }
        return try withConnection { (connection) throws(SQLiteError) in
            try connection.transaction { () throws(SQLiteError) in try body(connection) }
        }
    }

    /// The file of this ledger that was deleted, renamed or replaced; nil if all are in place.
    private func missingFile() throws(LedgerError) -> String? {
        guard case .file(let path) = location else { return nil }
        // What SQLite writes to a deleted file succeeds, and is lost with this process.
        let (hasMoved, hasLostLog) = try withConnection { (connection) throws(SQLiteError) in
            (connection.hasMoved, connection.hasLostLog)
        }
        if hasMoved { return path }
        if hasLostLog { return path + "-wal" }
        return hasLock ? nil : LedgerLock.path(of: path)
    }

    /// Without its lock file, a second exporter could have started.
    private var hasLock: Bool {
        switch file {
        case .some(let file): file.hasLock
        case .none: true
        }
    }

    /// Runs `body` with the connection; tests reach SQLite's own hooks and limits here.
    package func withConnection<Result>(
        _ body: (borrowing Connection) throws(SQLiteError) -> Result
    ) throws(LedgerError) -> Result {
        do throws(SQLiteError) {
            switch file {
            case .some(let file): return try body(file.connection)
            case .none: break
            }
        } catch {
            throw error.ledgerError(at: location)
        }
        throw LedgerError(.closed, location)
    }
}
