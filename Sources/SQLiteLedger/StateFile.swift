import CSQLite
package import Ledger

/// A ledger's file as the `state` commands see and change it, also while an exporter uses it.
///
/// Each change is one transaction, so a process that is killed leaves it done or not begun.
package struct StateFile: ~Copyable, StoredCounts {
    package let location: DatabaseLocation
    private let file: LedgerFile
    private let connection: Connection
    private let interruption: Interruption?
    /// The version of its schema.
    private let version: Int64

    /// Opens an existing file; it is neither created nor migrated.
    ///
    /// - Throws: `LedgerError` for a file that does not exist, is not a ledger, or is of a newer version.
    package init(_ path: String) throws(LedgerError) { try self.init(path, endedBy: nil) }

    /// Opens it for what another thread may end.
    init(_ path: String, endedBy interruption: Interruption?) throws(LedgerError) {
        let file = LedgerFile(path)
        guard try file.exists() else { throw LedgerError(.missing, file.location) }
        let opener = LedgerOpener(location: file.location, migrations: Migration.all)
        let connection = try opener.connection(to: file)
        version = try opener.refuseForeign(connection)
        // The last one that uses a ledger moves its log into the file; if that fails, the next one does.
        try? connection.set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        location = file.location
        self.file = file
        self.interruption = interruption
        if let interruption { connection.endStatements(by: interruption) }
        self.connection = consume connection
    }

    /// Whether an exporter uses the file.
    package func isInUse() -> Bool { LedgerLock.isHeld(file) }

    /// The size of the content in bytes, with its log and without free pages.
    package func bytes() throws(LedgerError) -> Int64 {
        try read { (connection) throws(SQLiteError) in
            let pages = try connection.integer("PRAGMA page_count") ?? 0
            let free = try connection.integer("PRAGMA freelist_count") ?? 0
            return (pages - free) * (try connection.integer("PRAGMA page_size") ?? 0)
        }
    }

    /// What is stored, by appliance and feed, in the order of their names.
    package func appliances() throws(LedgerError) -> [StoredAppliance] {
        try read { (connection) throws(SQLiteError) in
            let urls = try ApplianceTable.urls(on: connection)
            var appliances: [StoredAppliance] = []
            for number in try FeedTable.numbers(on: connection) {
                guard let feed = try StoredFeed(number, on: connection) else { continue }
                if appliances.last?.name != feed.appliance {
                    appliances.append(StoredAppliance(name: feed.appliance, url: urls[feed.appliance]))
                }
                appliances[appliances.count - 1].feeds.append(feed)
            }
            return appliances
        }
    }

    /// What is wrong with the content, one line each; empty if nothing is.
    ///
    /// It reads the whole file, and delays no commit of an exporter.
    package func findings() throws(LedgerError) -> [String] {
        try read { (connection) throws(SQLiteError) in
            let structure = try connection.texts("PRAGMA integrity_check(10)").filter { $0 != "ok" }
            let damaged = try DamagedFeeds(on: connection)
            return try structure
                + damaged.numbers.sorted().map { (number) throws(SQLiteError) in
                    let name = try FeedTable.key(number, on: connection).map { "\($0.appliance), \($0.feed)" }
                    return "\(name ?? "feed \(number)"): the content does not match its checksum"
                }
        }
    }

    /// Writes a consistent copy, which is complete when this returns.
    ///
    /// - Throws: `LedgerError` with `.fileExists` if there is a file of this name.
    package func backup(to path: String) throws(LedgerError) {
        try file.copy(connection, to: path, ifThere: .refuse)
    }

    /// Lets the counts of an appliance continue under another name.
    ///
    /// - Throws: `LedgerError` with `.unknownAppliance`, `.nameTaken`, or `.damagedFeed` if its content is damaged.
    package func rename(_ appliance: String, to name: String) throws(LedgerError) {
        try change { (connection) throws(SQLiteError) in
            let feeds = try FeedTable.numbers(of: appliance, on: connection)
            guard !feeds.isEmpty else { return LedgerError(.unknownAppliance, location, appliance) }
            guard try FeedTable.numbers(of: name, on: connection).isEmpty else {
                return LedgerError(.nameTaken, location, name)
            }
            // A new checksum would hide the damage.
            for feed in feeds
            where try FeedChecksum.stored(feed, on: connection) != FeedChecksum.computed(feed, on: connection) {
                return LedgerError(.damagedFeed, location, appliance)
            }
            for feed in feeds {
                try FeedTable.rename(feed, to: name, on: connection)
                try FeedChecksum.update(feed, on: connection)
            }
            try ApplianceTable.rename(appliance, to: name, on: connection)
            return nil
        }
    }

    /// Removes everything that is stored for an appliance.
    ///
    /// - Throws: `LedgerError` with `.unknownAppliance`.
    package func forget(_ appliance: String) throws(LedgerError) {
        try change { (connection) throws(SQLiteError) in
            let feeds = try FeedTable.numbers(of: appliance, on: connection)
            guard !feeds.isEmpty else { return LedgerError(.unknownAppliance, location, appliance) }
            for feed in feeds { try FeedTable.forget(feed, on: connection) }
            try ApplianceTable.forget(appliance, on: connection)
            return nil
        }
    }

    /// The feeds whose content does not match its checksum.
    func damagedFeeds() throws(LedgerError) -> DamagedFeeds {
        try read { (connection) throws(SQLiteError) in try DamagedFeeds(on: connection) }
    }

    /// Reads one snapshot, whatever an exporter writes while it is read.
    private func read<Result>(
        _ body: (borrowing Connection) throws(SQLiteError) -> Result
    ) throws(LedgerError) -> Result {
        try requireCurrentVersion()
        do throws(SQLiteError) {
            try connection.execute("BEGIN")
            defer { try? connection.execute("COMMIT") }
            return try body(connection)
        } catch {
            throw error.ledgerError(at: location)
        }
    }

    /// - Parameter body: Returns why it refused, before it changed anything.
    private func change(_ body: (borrowing Connection) throws(SQLiteError) -> LedgerError?) throws(LedgerError) {
        try requireCurrentVersion()
        var refusal: LedgerError?
        do throws(SQLiteError) {
            refusal = try connection.transaction { () throws(SQLiteError) in try body(connection) }
        } catch {
            throw error.ledgerError(at: location)
        }
        if let refusal { throw refusal }
    }

    private func requireCurrentVersion() throws(LedgerError) {
        guard version == Migration.all.last?.version else {
            throw LedgerError(.older, location, "schema \(version)")
        }
    }
}

extension StoredFeed {
    fileprivate init?(_ number: Int64, on connection: borrowing Connection) throws(SQLiteError) {
        guard let key = try FeedTable.key(number, on: connection),
            let checkpoint = try FeedTable.checkpoint(key, on: connection)
        else { return nil }
        let rows = try connection.integer("SELECT count(*) FROM \"row\" WHERE feed = ?1", [.integer(number)]) ?? 0
        let seen = try connection.integer("SELECT count(*) FROM mark WHERE feed = ?1", [.integer(number)]) ?? 0
        self.init(key, checkpoint, rows: Int(rows), seenRecords: Int(seen))
    }
}
