import Glibc
package import Ledger

/// The ledger in a PostgreSQL database, which several exporters may share.
///
/// When `commit` returns, the batch is durable as the server is configured to make it. Every transaction that writes is
/// fenced by the leases of its appliances. While the server does not answer every call throws, and the next one connects
/// again; nothing is kept in memory that would have to be written later.
package actor PostgresLedger: Ledger {
    package nonisolated let location: DatabaseLocation
    package nonisolated let warnings: [String]
    package nonisolated let replicaID: String
    package nonisolated let replicaName: String
    package nonisolated let leaseDuration: Duration
    private nonisolated let executor: any SerialExecutor
    private let connector: PostgresConnector
    private var connection: PostgresConnection?
    private var isClosed = false
    /// Whether nothing of the call that failed last took place.
    private var isRepeatable = false
    /// The last attempt to connect, if it failed.
    private var failure: (error: LedgerError, retry: Deadline)?
    var held: HeldLeases
    /// The appliances with which this replica is announced; nil if it is not.
    var announced: (pollable: [String], disabled: [String])?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    package nonisolated var leases: (any LeaseStore)? { self }

    /// Opens the ledger, and brings its schema to today's version. It holds no lease yet.
    ///
    /// - Throws: `LedgerError` for a database that does not answer, or that cannot be used.
    package init(
        _ configuration: PostgresConfiguration, executor: any SerialExecutor,
        migrations: [PostgresMigration] = PostgresMigration.all
    ) throws(LedgerError) {
        connector = try PostgresConnector(configuration)
        connection = try connector.open(migrations)
        self.executor = executor
        location = connector.location
        warnings = connector.warnings
        replicaID = configuration.replicaID
        replicaName = configuration.replicaName
        leaseDuration = .seconds(configuration.leaseSeconds)
        held = HeldLeases(holder: configuration.replicaID, seconds: configuration.leaseSeconds)
    }

    // MARK: Reading

    package func keys() throws(LedgerError) -> [FeedKey] {
        try withConnection { (connection) throws(PostgresError) in try FeedStatements.keys(on: connection) }
    }

    package func checkpoint(_ key: FeedKey) throws(LedgerError) -> FeedCheckpoint? {
        try withConnection { (connection) throws(PostgresError) in
            try FeedStatements.checkpoint(key, on: connection)?.checkpoint
        }
    }

    package func urls() throws(LedgerError) -> [String: String] {
        try withConnection { (connection) throws(PostgresError) in try FeedStatements.urls(on: connection) }
    }

    package func reduce<Result: Sendable>(
        _ key: FeedKey, into initial: Result, _ onRow: @Sendable (inout Result, LedgerRow) -> Void
    ) throws(LedgerError) -> Result {
        try withConnection { (connection) throws(PostgresError) in
            var result = initial
            guard let feed = try FeedStatements.number(key, on: connection) else { return result }
            try RowStatements.eachRow(of: feed, on: connection) { row in onRow(&result, row) }
            return result
        }
    }

    package func unseen(_ records: [SeenRecord], in key: FeedKey) throws(LedgerError) -> [Bool] {
        try withConnection { (connection) throws(PostgresError) in
            guard let feed = try FeedStatements.number(key, on: connection) else {
                return Array(repeating: true, count: records.count)
            }
            return try SeenStatements.unseen(records, of: feed, on: connection)
        }
    }

    package func seenRecords(_ key: FeedKey) throws(LedgerError) -> [SeenRecord] {
        try withConnection { (connection) throws(PostgresError) in
            guard let feed = try FeedStatements.number(key, on: connection) else { return [] }
            return try SeenStatements.all(of: feed, on: connection)
        }
    }

    /// Nothing: PostgreSQL has checksums of its own.
    package nonisolated func verify() async throws(LedgerError) -> [String] { [] }

    // MARK: Writing

    package func commit(_ batch: WriteBatch) throws(LedgerError) {
        try commit([batch], urls: [:])
    }

    package func commit(_ batches: [WriteBatch], urls: [String: String]) throws(LedgerError) {
        for batch in batches { try batch.check(at: location) }
        let appliances = Set(batches.map(\.key.appliance)).union(urls.keys)
        try write(appliances.sorted()) { (connection) throws(PostgresError) in
            for batch in batches { try write(batch, on: connection) }
            for (appliance, url) in urls { try FeedStatements.set(url: url, of: appliance, on: connection) }
        }
    }

    private func write(_ batch: WriteBatch, on connection: PostgresConnection) throws(PostgresError) {
        let feed = try FeedStatements.write(batch.checkpoint, of: batch.key, on: connection)
        try RowStatements.apply(batch.changes, to: feed, on: connection)
        try SeenStatements.store(batch.seen, of: feed, on: connection)
        guard let limit = batch.forgetBeforeMilliseconds else { return }
        try SeenStatements.forget(before: limit, limit: 10_000 + 2 * batch.seen.count, of: feed, on: connection)
    }

    package func release(_ keys: [RowKey], in key: FeedKey) throws(LedgerError) {
        try write([key.appliance]) { (connection) throws(PostgresError) in
            guard let feed = try FeedStatements.number(key, on: connection) else { return }
            try RowStatements.release(keys, of: feed, on: connection)
        }
    }

    package func recordURL(_ url: String, of appliance: String) throws(LedgerError) {
        try write([appliance]) { (connection) throws(PostgresError) in
            try FeedStatements.set(url: url, of: appliance, on: connection)
        }
    }

    /// Leaves the fleet, gives all leases back and closes the connection; every later call throws.
    ///
    /// - Throws: `LedgerError` if the server does not answer: the leases then end on their own.
    package func close() throws(LedgerError) {
        guard !isClosed else { return }
        defer {
            isClosed = true
            connection = nil
        }
        try withConnection { (connection) throws(PostgresError) in
            try MemberStatements.remove(replicaID, on: connection)
            try held.release(nil, on: connection)
        }
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

    /// Runs `body` in a transaction that is fenced by the leases of these appliances, in the same order in all processes.
    private func write(
        _ appliances: [String], _ body: (PostgresConnection) throws(PostgresError) -> Void
    ) throws(LedgerError) {
        try withConnection { (connection) throws(PostgresError) in
            try connection.transaction { () throws(PostgresError) in
                // First of all: their row locks keep the leases until the end of the transaction.
                for appliance in appliances { try held.fence(appliance, on: connection) }
                try body(connection)
            }
        }
    }

    /// Runs `body` with a connection; a second time if the one that was open turns out to be lost.
    func withConnection<Result>(
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
        if isClosed { throw LedgerError(.closed, location) }
        if let connection { return connection }
        // Hundreds of appliances do not each wait for a server that does not answer.
        if let failure, !failure.retry.isOver { throw failure.error }
        do throws(LedgerError) {
            let connection = try connector.connect()
            do throws(PostgresError) {
                try held.continueHolding(on: connection)
            } catch {
                throw error.ledgerError(at: location)
            }
            failure = nil
            self.connection = connection
            return connection
        } catch {
            failure = (error, Deadline(seconds: 1))
            throw error
        }
    }
}
