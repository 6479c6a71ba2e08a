import Glibc
package import Ledger

/// The ledger in a PostgreSQL database.
///
/// When `commit` returns, the batch is durable as the server is configured to make it. One exporter uses a database: the
/// lease keeps a second one out, and every transaction is fenced by its epoch. While the server does not answer every
/// call throws, and the next one connects again; nothing is kept in memory that would have to be written later.
package actor PostgresLedger: Ledger {
    package nonisolated let location: DatabaseLocation
    package nonisolated let warnings: [String]
    package nonisolated let renewalInterval: Duration?
    private nonisolated let executor: any SerialExecutor
    private let connector: PostgresConnector
    private var connection: PostgresConnection?
    private var lease: LedgerLease
    /// Why every call is refused: the ledger is closed, or another exporter has taken it over.
    private var end: LedgerError.Reason?
    /// Whether nothing of the call that failed last took place.
    private var isRepeatable = false
    /// The last attempt to connect, if it failed.
    private var failure: (error: LedgerError, retry: Deadline)?
    /// The feeds that were read or written, by which a feed that was removed or renamed by another process is noticed.
    private var numbers: [FeedKey: Int64] = [:]

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Opens the ledger if no other exporter uses it, and brings its schema to today's version.
    ///
    /// - Throws: `LedgerError`, with `.busy` if another exporter uses the database.
    package init(
        _ configuration: PostgresConfiguration, executor: any SerialExecutor,
        migrations: [PostgresMigration] = PostgresMigration.all
    ) throws(LedgerError) {
        var lease = LedgerLease(holder: configuration.holder, seconds: configuration.leaseSeconds)
        let opened = try PostgresConnector.open(configuration, migrations: migrations, lease: &lease)
        if let holder = opened.holder { throw opened.connector.busy(holder) }
        self.init(opened, lease, executor)
    }

    /// Opens the ledger; that of an exporter that ended without a goodbye is taken over when its lease has ended.
    ///
    /// - Throws: `LedgerError`, with `.busy` if another exporter uses the database, as its renewals show.
    package static func open(
        _ configuration: PostgresConfiguration, executor: any SerialExecutor, onWait: (String) -> Void = { _ in }
    ) async throws(LedgerError) -> PostgresLedger {
        var lease = LedgerLease(holder: configuration.holder, seconds: configuration.leaseSeconds)
        var first: LedgerLease.Holder?
        while true {
            let opened = try PostgresConnector.open(configuration, migrations: PostgresMigration.all, lease: &lease)
            guard let holder = opened.holder else { return PostgresLedger(opened, lease, executor) }
            if let first, first.name != holder.name || first.expires < holder.expires {
                throw opened.connector.busy(holder)
            }
            if first == nil {
                let seconds = Int(holder.secondsLeft.rounded(.up))
                onWait(
                    "\(opened.connector.location): waiting up to \(seconds) s for the lease of \(holder.name) to end")
            }
            first = holder
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                throw opened.connector.busy(holder)
            }
        }
    }

    private init(_ opened: PostgresConnector.Opened, _ lease: LedgerLease, _ executor: any SerialExecutor) {
        connector = opened.connector
        connection = opened.connection
        self.lease = lease
        self.executor = executor
        location = opened.connector.location
        warnings = opened.connector.warnings
        renewalInterval = .seconds(lease.seconds / 6)
    }

    // MARK: Reading

    package func keys() throws(LedgerError) -> [FeedKey] {
        try withConnection { (connection) throws(PostgresError) in try FeedStatements.keys(on: connection) }
    }

    package func checkpoint(_ key: FeedKey) throws(LedgerError) -> FeedCheckpoint? {
        numbers[key] = nil
        let found = try withConnection { (connection) throws(PostgresError) in
            try FeedStatements.checkpoint(key, on: connection)
        }
        numbers[key] = found?.number
        return found?.checkpoint
    }

    package func urls() throws(LedgerError) -> [String: String] {
        try withConnection { (connection) throws(PostgresError) in try FeedStatements.urls(on: connection) }
    }

    package func reduce<Result: Sendable>(
        _ key: FeedKey, into initial: Result, _ onRow: @Sendable (inout Result, LedgerRow) -> Void
    ) throws(LedgerError) -> Result {
        try withConnection { (connection) throws(PostgresError) in
            var result = initial
            guard let feed = try number(key, connection) else { return result }
            try RowStatements.eachRow(of: feed, on: connection) { row in onRow(&result, row) }
            return result
        }
    }

    package func unseen(_ records: [SeenRecord], in key: FeedKey) throws(LedgerError) -> [Bool] {
        try withConnection { (connection) throws(PostgresError) in
            guard let feed = try number(key, connection) else {
                return Array(repeating: true, count: records.count)
            }
            return try SeenStatements.unseen(records, of: feed, on: connection)
        }
    }

    package func seenRecords(_ key: FeedKey) throws(LedgerError) -> [SeenRecord] {
        try withConnection { (connection) throws(PostgresError) in
            guard let feed = try number(key, connection) else { return [] }
            return try SeenStatements.all(of: feed, on: connection)
        }
    }

    /// Nothing: PostgreSQL has checksums of its own.
    package nonisolated func verify() async throws(LedgerError) -> [String] { [] }

    // MARK: Writing

    package func commit(_ batch: WriteBatch) throws(LedgerError) {
        try batch.check(at: location)
        numbers[batch.key] = try write { (connection) throws(PostgresError) in try write(batch, on: connection) }
    }

    package func commit(_ batches: [WriteBatch], urls: [String: String]) throws(LedgerError) {
        for batch in batches { try batch.check(at: location) }
        try write { (connection) throws(PostgresError) in
            for batch in batches { _ = try write(batch, on: connection) }
            for (appliance, url) in urls { try FeedStatements.set(url: url, of: appliance, on: connection) }
        }
    }

    /// - Returns: The number of the feed.
    private func write(_ batch: WriteBatch, on connection: PostgresConnection) throws(PostgresError) -> Int64 {
        _ = try number(batch.key, connection)
        let feed = try FeedStatements.write(batch.checkpoint, of: batch.key, on: connection)
        try RowStatements.apply(batch.changes, to: feed, on: connection)
        try SeenStatements.store(batch.seen, of: feed, on: connection)
        if let limit = batch.forgetBeforeMilliseconds {
            try SeenStatements.forget(before: limit, limit: 10_000 + 2 * batch.seen.count, of: feed, on: connection)
        }
        return feed
    }

    package func release(_ keys: [RowKey], in key: FeedKey) throws(LedgerError) {
        try write { (connection) throws(PostgresError) in
            guard let feed = try number(key, connection) else { return }
            try RowStatements.release(keys, of: feed, on: connection)
        }
    }

    package func recordURL(_ url: String, of appliance: String) throws(LedgerError) {
        try write { (connection) throws(PostgresError) in
            try FeedStatements.set(url: url, of: appliance, on: connection)
        }
    }

    package func renew() throws(LedgerError) {
        try withConnection { (connection) throws(PostgresError) in try lease.renew(on: connection) }
    }

    /// Gives the lease back and closes the connection; every later call throws.
    ///
    /// - Throws: `LedgerError` if the server does not answer: the next exporter then waits until the lease ends.
    package func close() throws(LedgerError) {
        guard end == nil else { return }
        defer {
            end = .closed
            connection = nil
        }
        try withConnection { (connection) throws(PostgresError) in try lease.release(on: connection) }
    }

    /// The first column of the first row of a statement, or nil without a row; tests reach the database here.
    @discardableResult
    package func integer(_ sql: String) throws(LedgerError) -> Int64? {
        try withConnection { (connection) throws(PostgresError) in
            let found = try connection.run(sql)
            return found.count == 0 ? nil : found.integer(0, 0)
        }
    }

    // MARK: Connections

    /// The number of a feed, or nil if nothing was committed for it yet.
    private func number(_ key: FeedKey, _ connection: PostgresConnection) throws(PostgresError) -> Int64? {
        let number = try FeedStatements.number(key, on: connection)
        if let known = numbers[key], known != number { throw PostgresError(.removed, "unknown feed") }
        return number
    }

    private func write<Result>(
        _ body: (PostgresConnection) throws(PostgresError) -> Result
    ) throws(LedgerError) -> Result {
        try withConnection { (connection) throws(PostgresError) in
            try connection.transaction { () throws(PostgresError) in
                // First of all: its row lock keeps the lease until the end of the transaction.
                try lease.renew(on: connection)
                return try body(connection)
            }
        }
    }

    /// Runs `body` with a connection; a second time if the one that was open turns out to be lost.
    private func withConnection<Result>(
        _ body: (PostgresConnection) throws(PostgresError) -> Result
    ) throws(LedgerError) -> Result {
        let wasOpen = connection != nil
        do throws(LedgerError) {
            return try attempt(body)
        } catch {
            guard wasOpen, connection == nil, isRepeatable else { throw error }
        }
        return try attempt(body)
    }

    private func attempt<Result>(
        _ body: (PostgresConnection) throws(PostgresError) -> Result
    ) throws(LedgerError) -> Result {
        let connection = try openConnection()
        do throws(PostgresError) {
            return try body(connection)
        } catch {
            isRepeatable = error.isRepeatable
            if error.endsConnection { self.connection = nil }
            throw error.ledgerError(at: location)
        }
    }

    private func openConnection() throws(LedgerError) -> PostgresConnection {
        if let end { throw LedgerError(end, location) }
        if let connection { return connection }
        // Hundreds of appliances do not each wait for a server that does not answer.
        if let failure, !failure.retry.isOver { throw failure.error }
        do throws(LedgerError) {
            let connection = try connector.connect()
            failure = nil
            try resume(on: connection)
            self.connection = connection
            return connection
        } catch {
            if end == nil { failure = (error, Deadline(seconds: 1)) }
            throw error
        }
    }

    /// Makes sure that the lease is held, with an epoch that belongs to this connection.
    private func resume(on connection: PostgresConnection) throws(LedgerError) {
        do throws(PostgresError) {
            if try lease.continueHolding(on: connection) { return }
        } catch {
            throw error.ledgerError(at: location)
        }
        end = .leaseLost
        throw LedgerError(.leaseLost, location)
    }
}
