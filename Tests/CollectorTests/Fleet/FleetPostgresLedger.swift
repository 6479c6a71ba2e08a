import Ledger
import PostgresLedger
import TestSupport

/// The connection of one replica to a real server, on which leases end by the clock of the world.
actor FleetPostgresLedger: Ledger, LeaseStore {
    nonisolated let location: DatabaseLocation
    nonisolated let warnings: [String]
    nonisolated let replicaID: String
    nonisolated let replicaName: String
    nonisolated let leaseDuration: Duration
    private nonisolated let database: FleetDatabase
    private let faults: FleetLedger.Faults
    private let server: PostgresLedger

    nonisolated var unownedExecutor: UnownedSerialExecutor { database.loop.asUnownedSerialExecutor() }
    nonisolated var leases: (any LeaseStore)? { self }

    init(
        _ configuration: PostgresConfiguration, _ database: FleetDatabase, _ faults: FleetLedger.Faults
    ) throws(LedgerError) {
        server = try PostgresLedger(configuration, executor: database.loop)
        (location, warnings) = (server.location, server.warnings)
        (replicaID, replicaName) = (server.replicaID, server.replicaName)
        leaseDuration = server.leaseDuration
        self.database = database
        self.faults = faults
    }

    /// Lets the leases of a database end by a clock that `call` moves.
    static func prepareClock(of store: PostgresStore) async throws {
        try await store.query(
            """
            CREATE TABLE public.world_clock (seconds double precision NOT NULL) WITH (fillfactor = 10);
            INSERT INTO public.world_clock VALUES (0);
            CREATE OR REPLACE FUNCTION darktrace_exporter.lease_time() RETURNS timestamptz LANGUAGE sql VOLATILE
            AS 'SELECT timestamptz ''2040-01-01'' + make_interval(secs => seconds) FROM public.world_clock'
            """)
    }

    // MARK: The connection

    private func call() async throws(LedgerError) {
        while database.loop.now < faults.pausedUntil {
            let instant = faults.pausedUntil
            await database.loop.sleepThrough(until: instant)
        }
        guard !faults.isCut, !database.isDown else {
            await database.loop.sleepThrough(until: database.loop.now + 500_000_000)
            throw LedgerError(.unreachable, location)
        }
        let clock = database.clock
        // Most calls come together.
        guard abs(clock - database.sentClock) >= 50_000_000 else { return }
        try await server.integer("UPDATE public.world_clock SET seconds = \(Double(clock) / 1e9)")
        database.sentClock = clock
    }

    /// One write in many ends without an answer, whether it took place or not, and the connection with it.
    private func write(_ body: () async throws(LedgerError) -> Void) async throws(LedgerError) {
        try await call()
        guard faults.unknownEvery > 0, faults.rng.once(in: faults.unknownEvery) else { return try await body() }
        if faults.rng.once(in: 2) { try await body() }
        _ = try? await server.integer("SELECT pg_terminate_backend(pg_backend_pid())::integer")
        throw LedgerError(.interrupted, location)
    }

    func commit(_ batch: WriteBatch) async throws(LedgerError) { try await commit([batch], urls: [:]) }

    func commit(_ batches: [WriteBatch], urls: [String: String]) async throws(LedgerError) {
        try await write { () async throws(LedgerError) in try await server.commit(batches, urls: urls) }
    }

    func release(_ keys: [RowKey], in key: FeedKey) async throws(LedgerError) {
        try await write { () async throws(LedgerError) in try await server.release(keys, in: key) }
    }

    func recordURL(_ url: String, of appliance: String) async throws(LedgerError) {
        try await write { () async throws(LedgerError) in try await server.recordURL(url, of: appliance) }
    }

    // MARK: Reading

    func keys() async throws(LedgerError) -> [FeedKey] {
        try await call()
        return try await server.keys()
    }

    func checkpoint(_ key: FeedKey) async throws(LedgerError) -> FeedCheckpoint? {
        try await call()
        return try await server.checkpoint(key)
    }

    func urls() async throws(LedgerError) -> [String: String] {
        try await call()
        return try await server.urls()
    }

    func reduce<Result: Sendable>(
        _ key: FeedKey, into initial: Result, _ onRow: @Sendable (inout Result, LedgerRow) -> Void
    ) async throws(LedgerError) -> Result {
        try await call()
        return try await server.reduce(key, into: initial, onRow)
    }

    func unseen(_ records: [SeenRecord], in key: FeedKey) async throws(LedgerError) -> [Bool] {
        try await call()
        return try await server.unseen(records, in: key)
    }

    func seenRecords(_ key: FeedKey) async throws(LedgerError) -> [SeenRecord] {
        try await call()
        return try await server.seenRecords(key)
    }

    nonisolated func verify() async throws(LedgerError) -> [String] { [] }

    // MARK: Leases

    func renewLeases(pollable appliances: [String], disabled: [String]) async throws(LedgerError) -> [Lease] {
        try await call()
        return try await server.renewLeases(pollable: appliances, disabled: disabled)
    }

    func replicas() async throws(LedgerError) -> [Replica] {
        try await call()
        return try await server.replicas()
    }

    func takeLeases(of appliances: [String]) async throws(LedgerError) -> [Lease] {
        try await call()
        return try await server.takeLeases(of: appliances)
    }

    func releaseLeases(of appliances: [String]) async throws(LedgerError) {
        try await call()
        try await server.releaseLeases(of: appliances)
    }

    func leaveFleet() async throws(LedgerError) {
        try await call()
        try await server.leaveFleet()
    }

    func close() async throws(LedgerError) {
        try await call()
        try await server.close()
    }
}
