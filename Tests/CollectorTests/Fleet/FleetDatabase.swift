import Ledger
import SQLiteLedger

/// The database that the replicas of a world share: the counts are those of a real ledger in memory, the leases a model
/// of what PostgreSQL keeps.
final class FleetDatabase: @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    let loop: Loop
    let storage: any Ledger
    let leaseDuration: Duration
    /// False shows what the fence is for: then every commit counts.
    var isFenced = true
    var isDown = false
    /// The clock of the database minus that of the loop, in nanoseconds.
    var clockOffset: Int64 = 0
    /// What a real server received last.
    var sentClock: Int64 = .min / 2
    var members: [String: Member] = [:]
    var leases: [String: Row] = [:]
    /// Connects a replica, by its id and name; a world on a real server replaces it.
    var connect: (String, String, FleetLedger.Faults) throws -> any Ledger & LeaseStore = { _, _, _ in
        throw CancellationError()
    }

    struct Member {
        let name: String
        var appliances: [String]
        var disabled: [String]
        var heartbeat: Int64
    }

    struct Row {
        var holder: String?
        var epoch: Int64 = 0
        var expires: Int64 = .min
        /// A transaction that is not over yet has locked it.
        var isLocked = false
    }

    init(loop: Loop, leaseSeconds: Int) throws {
        self.loop = loop
        storage = try SQLiteLedger(.memory, executor: loop)
        leaseDuration = .seconds(leaseSeconds)
        connect = { [unowned self] in FleetLedger($0, name: $1, self, $2) }
    }

    var clock: Int64 { loop.now + clockOffset }
    var leaseNanoseconds: Int64 { Int64(leaseDuration / .nanoseconds(1)) }

    func holds(_ lease: Lease, _ holder: String) -> Bool {
        let row = leases[lease.appliance] ?? Row()
        return !isFenced || (row.holder == holder && row.epoch == lease.epoch)
    }
}

extension Loop {
    /// Sleeps by the loop's clock, whether the task is cancelled or not.
    func sleepThrough(until instant: Int64) async {
        await Task(executorPreference: self) { try? await self.sleep(until: instant) }.value
    }
}
