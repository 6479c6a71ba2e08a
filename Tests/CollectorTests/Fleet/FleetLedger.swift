import Ledger
import TestSupport

/// The connection of one replica to the database of its world. Calls wait while the replica is paused, fail while it is
/// cut off, and commits can end without an answer, also long before they arrive.
actor FleetLedger: Ledger, LeaseStore {
    nonisolated let location = DatabaseLocation.database("fleet")
    nonisolated let warnings: [String] = []
    nonisolated let replicaID: String
    nonisolated let replicaName: String
    nonisolated let database: FleetDatabase
    nonisolated let faults: Faults
    private var epochs: [String: Int64] = [:]
    /// Whether the connection was lost since the last call.
    private var isLost = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { database.loop.asUnownedSerialExecutor() }
    nonisolated var leases: (any LeaseStore)? { self }
    nonisolated var leaseDuration: Duration { database.leaseDuration }

    /// What happens to the replica.
    final class Faults: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var pausedUntil: Int64 = 0
        var isCut = false
        /// One commit in this many ends without an answer; 0 is none.
        var unknownEvery = 0
        var rng: SeededRNG

        init(_ rng: SeededRNG) { self.rng = rng }
    }

    init(_ id: String, name: String, _ database: FleetDatabase, _ faults: Faults) {
        replicaID = id
        replicaName = name
        self.database = database
        self.faults = faults
    }

    // MARK: The connection

    private func call() async throws(LedgerError) {
        while database.loop.now < faults.pausedUntil {
            let instant = faults.pausedUntil
            await database.loop.sleepThrough(until: instant)
        }
        guard !faults.isCut, !database.isDown else {
            isLost = true
            await database.loop.sleepThrough(until: database.loop.now + 500_000_000)
            throw LedgerError(.unreachable, location)
        }
        guard isLost else { return }
        // The row lock of a commit that is still at work is waited for in vain.
        let mine = database.leases.filter { $0.value.holder == replicaID }
        guard !mine.contains(where: \.value.isLocked) else { throw LedgerError(.unreachable, location) }
        epochs = [:]
        for name in mine.keys {
            database.leases[name]?.epoch += 1
            database.leases[name]?.expires = database.clock + database.leaseNanoseconds
            epochs[name] = database.leases[name]?.epoch
        }
        isLost = false
    }

    // MARK: Writing

    private func write(
        _ appliance: String, _ body: @escaping @Sendable (any Ledger) async throws(LedgerError) -> Void
    ) async throws(LedgerError) {
        try await call()
        guard let epoch = epochs[appliance], database.holds(Lease(appliance, epoch: epoch), replicaID) else {
            epochs[appliance] = nil
            throw LedgerError(.leaseLost, location, appliance)
        }
        guard database.leases[appliance]?.isLocked != true else { throw LedgerError(.interrupted, location) }
        if faults.unknownEvery > 0, faults.rng.once(in: faults.unknownEvery) {
            isLost = true
            switch faults.rng.pick(0...2) {
            case 0: throw LedgerError(.interrupted, location)
            case 1: deliverLate(Lease(appliance, epoch: epoch), body)
            default: try await commit(appliance, body)
            }
            throw LedgerError(.interrupted, location)
        }
        try await commit(appliance, body)
    }

    private func commit(
        _ appliance: String, _ body: @Sendable (any Ledger) async throws(LedgerError) -> Void
    ) async throws(LedgerError) {
        database.leases[appliance]?.isLocked = true
        database.leases[appliance]?.expires = database.clock + database.leaseNanoseconds
        defer { database.leases[appliance]?.isLocked = false }
        try await body(database.storage)
    }

    /// A commit that a proxy holds back arrives when the replica has long connected again.
    private func deliverLate(
        _ lease: Lease, _ body: @escaping @Sendable (any Ledger) async throws(LedgerError) -> Void
    ) {
        let delay = faults.rng.pick(Int64(1)...20) * 1_000_000_000
        let (database, replicaID) = (database, replicaID)
        _ = database.loop.start {
            await database.loop.sleepThrough(until: database.loop.now + delay)
            guard database.holds(lease, replicaID), database.leases[lease.appliance]?.isLocked != true else { return }
            database.leases[lease.appliance]?.isLocked = true
            try? await body(database.storage)
            database.leases[lease.appliance]?.isLocked = false
        }
    }

    func commit(_ batch: WriteBatch) async throws(LedgerError) {
        try await write(batch.key.appliance) { (storage) async throws(LedgerError) in try await storage.commit(batch) }
    }

    func commit(_ batches: [WriteBatch], urls: [String: String]) async throws(LedgerError) {
        for batch in batches { try await commit(batch) }
    }

    func release(_ keys: [RowKey], in key: FeedKey) async throws(LedgerError) {
        try await write(key.appliance) { (storage) async throws(LedgerError) in
            try await storage.release(keys, in: key)
        }
    }

    func recordURL(_ url: String, of appliance: String) async throws(LedgerError) {
        try await write(appliance) { (storage) async throws(LedgerError) in
            try await storage.recordURL(url, of: appliance)
        }
    }

    // MARK: Reading

    func keys() async throws(LedgerError) -> [FeedKey] {
        try await call()
        return try await database.storage.keys()
    }

    func checkpoint(_ key: FeedKey) async throws(LedgerError) -> FeedCheckpoint? {
        try await call()
        return try await database.storage.checkpoint(key)
    }

    func urls() async throws(LedgerError) -> [String: String] {
        try await call()
        return try await database.storage.urls()
    }

    func reduce<Result: Sendable>(
        _ key: FeedKey, into initial: Result, _ onRow: @Sendable (inout Result, LedgerRow) -> Void
    ) async throws(LedgerError) -> Result {
        try await call()
        return try await database.storage.reduce(key, into: initial, onRow)
    }

    func unseen(_ records: [SeenRecord], in key: FeedKey) async throws(LedgerError) -> [Bool] {
        try await call()
        return try await database.storage.unseen(records, in: key)
    }

    func seenRecords(_ key: FeedKey) async throws(LedgerError) -> [SeenRecord] {
        try await call()
        return try await database.storage.seenRecords(key)
    }

    nonisolated func verify() async throws(LedgerError) -> [String] { [] }

    // MARK: Leases

    func renewLeases(pollable appliances: [String], disabled: [String]) async throws(LedgerError) -> [Lease] {
        try await call()
        for name in appliances where database.leases[name] == nil { database.leases[name] = FleetDatabase.Row() }
        database.members[replicaID] = FleetDatabase.Member(
            name: replicaName, appliances: appliances, disabled: disabled, heartbeat: database.clock)
        for (name, row) in database.leases where row.holder == replicaID && !row.isLocked {
            database.leases[name]?.expires = database.clock + database.leaseNanoseconds
        }
        // What is locked is about to be committed by this replica, which renews it.
        return database.leases.filter { $0.value.holder == replicaID }.map { Lease($0.key, epoch: $0.value.epoch) }
    }

    func replicas() async throws(LedgerError) -> [Replica] {
        try await call()
        for (id, member) in database.members where member.heartbeat > database.clock {
            // The clock was set back.
            database.members[id]?.heartbeat = database.clock
        }
        return database.members.map { id, member in
            Replica(
                id: id, name: member.name, appliances: member.appliances, disabled: member.disabled,
                secondsSilent: Double(database.clock - member.heartbeat) / 1e9)
        }
    }

    func takeLeases(of appliances: [String]) async throws(LedgerError) -> [Lease] {
        try await call()
        var taken: [Lease] = []
        for name in appliances {
            var row = database.leases[name] ?? FleetDatabase.Row()
            let isFree = row.holder == nil || row.holder == replicaID || row.expires < database.clock
            guard isFree, !row.isLocked else {
                // The clock was set back.
                database.leases[name]?.expires = min(row.expires, database.clock + database.leaseNanoseconds)
                continue
            }
            (row.holder, row.epoch) = (replicaID, row.epoch + 1)
            row.expires = database.clock + database.leaseNanoseconds
            database.leases[name] = row
            epochs[name] = row.epoch
            taken.append(Lease(name, epoch: row.epoch))
        }
        return taken
    }

    func releaseLeases(of appliances: [String]) async throws(LedgerError) {
        try await call()
        for name in appliances { free(name) }
    }

    func leaveFleet() async throws(LedgerError) {
        try await call()
        database.members[replicaID] = nil
    }

    func close() async throws(LedgerError) {
        try await call()
        database.members[replicaID] = nil
        for name in database.leases.keys { free(name) }
    }

    private func free(_ name: String) {
        epochs[name] = nil
        guard database.leases[name]?.holder == replicaID else { return }
        database.leases[name]?.holder = nil
        database.leases[name]?.expires = database.clock
    }
}
