import Ledger

/// This replica's share of a fleet: what it polls, what it is about to give back, and what it should take.
struct LeaseShare {
    private let store: any LeaseStore
    private let table: LeaseTable
    private let clocks: Clocks
    private let renewalInterval: Duration
    private var configurations: [PollConfiguration] = []
    private var configured: Set<String> = []
    private var disabled: DisabledAppliances
    /// What was taken, until its counts are read and `begin` is called.
    private var pending: Set<String> = []
    /// What the pollers are given.
    private var polled: Set<String> = []
    /// What was taken from them, until the poller has ended.
    private var ending: Set<String> = []
    /// What has ended, until the database knows.
    private var unreleased: Set<String> = []
    /// Since when a request in flight delays that an appliance is given up.
    private(set) var awaited: [String: MonotonicInstant] = [:]
    private var view: FleetView
    private var owners = Owners()
    private var renewalDue: MonotonicInstant
    private var lookDue: MonotonicInstant
    private var isReachable = true
    private var isChanged = false
    /// Since the last `takeEvents`.
    private var taken: [String] = []
    private var released: [String] = []
    private var lost: [String] = []
    private var others: [LeaseEvent] = []

    /// A lease is acted on until so long before the database may end it: the clocks need not run equally fast.
    private static let margin = Duration.seconds(2)
    private static let lookInterval = Duration.seconds(1)
    /// So many appliances are read at once; a renewal never waits for more.
    private static let batchSize = 32
    /// A request takes longer only if the appliance sends for long.
    private static let longestWait = Duration.seconds(30)

    init(_ store: any LeaseStore, table: LeaseTable, clocks: Clocks) {
        self.store = store
        self.table = table
        self.clocks = clocks
        disabled = DisabledAppliances(table)
        renewalInterval = store.leaseDuration / 6
        view = FleetView(leaseDuration: store.leaseDuration)
        renewalDue = MonotonicInstant(nanoseconds: clocks.monotonicNanoseconds())
        lookDue = renewalDue
    }

    private var now: MonotonicInstant { MonotonicInstant(nanoseconds: clocks.monotonicNanoseconds()) }

    /// When something has to be done, whatever happens until then.
    var nextDue: MonotonicInstant {
        guard pending.isEmpty else { return now }
        let end = polled.lazy.compactMap { [table] in table.end(of: $0) }.min() ?? .distantFuture
        return min(renewalDue, lookDue, end)
    }

    /// The configurations of what is to be polled now.
    var assignment: [PollConfiguration] { configurations.filter { polled.contains($0.name) } }

    /// Whether what is polled has changed since the last call.
    mutating func takeChange() -> Bool {
        defer { isChanged = false }
        return isChanged
    }

    /// What happened since the last call.
    mutating func takeEvents() -> [LeaseEvent] {
        defer { (taken, released, lost, others) = ([], [], [], []) }
        let isChanged = !(taken.isEmpty && released.isEmpty && lost.isEmpty)
        let change = LeaseEvent.changed(taken: taken.sorted(), released: released.sorted(), lost: lost.sorted())
        return others + (isChanged ? [change] : [])
    }

    // MARK: Steps

    /// Replaces the configuration, and ends what is not configured any more.
    mutating func configure(_ configurations: [PollConfiguration], disabled names: Set<String>) {
        self.configurations = configurations
        configured = Set(configurations.map(\.name))
        for name in polled.subtracting(configured) { stop(name) }
        for name in pending.subtracting(configured) { drop(name) }
        disabled.configure(names)
        // The others see it with the next renewal.
        renewalDue = now
    }

    /// Notes that the pollers of these appliances have ended.
    mutating func ended(_ names: Set<String>) {
        for name in names where ending.remove(name) != nil {
            if table.epoch(of: name) != nil { unreleased.insert(name) }
            table.remove(name)
        }
    }

    /// Ends the polls under leases that are over: the database may have given them away.
    mutating func stopExpired() {
        let now = now
        for name in polled where table.end(of: name) ?? now <= now {
            stop(name)
            lost.append(name)
        }
        for name in pending where table.end(of: name) ?? now <= now { drop(name) }
    }

    /// Does what is due in the database.
    ///
    /// - Parameter inFlight: The appliances with a request in flight.
    mutating func useDatabase(inFlight: Set<String>) async {
        do throws(LedgerError) {
            if renewalDue <= now { try await renew() }
            try await release()
            if lookDue <= now { try await look(inFlight) }
            if !isReachable { others.append(.reachable) }
            isReachable = true
        } catch {
            if isReachable { others.append(.unreachable(error)) }
            isReachable = false
            let retry = now + Self.lookInterval
            (renewalDue, lookDue) = (max(renewalDue, retry), retry)
        }
    }

    /// Some of the appliances that were taken and whose counts have to be read.
    var nextBatch: [PollConfiguration] {
        Array(configurations.lazy.filter { [pending] in pending.contains($0.name) }.prefix(Self.batchSize))
    }

    /// Polls and exposes appliances whose counts are read.
    mutating func begin(_ configurations: [PollConfiguration]) {
        for name in configurations.map(\.name) where pending.remove(name) != nil {
            polled.insert(name)
            table.expose(name)
            isChanged = true
        }
    }

    // MARK: Parts

    private mutating func stop(_ name: String) {
        polled.remove(name)
        ending.insert(name)
        isChanged = true
        awaited[name] = nil
    }

    private mutating func drop(_ name: String) {
        pending.remove(name)
        table.remove(name)
        unreleased.insert(name)
    }

    private mutating func renew() async throws(LedgerError) {
        let start = now
        let leases = try await store.renewLeases(pollable: configured.sorted(), disabled: disabled.names.sorted())
        renewalDue = start + renewalInterval
        view.renewed(at: start, interval: renewalInterval)
        let end = start + (store.leaseDuration - Self.margin)
        disabled.renewed(until: end)
        let known = polled.union(ending).union(pending)
        for lease in leases {
            if known.contains(lease.appliance) {
                table.extend(lease, until: end)
                // A scrape may have found it over while the answer was on its way.
                if polled.contains(lease.appliance) { table.expose(lease.appliance) }
            } else {
                // The answer to the call that took it was lost.
                unreleased.insert(lease.appliance)
            }
        }
        for name in known.subtracting(leases.map(\.appliance)) where table.epoch(of: name) != nil {
            table.remove(name)
            lost.append(name)
            pending.remove(name)
            if polled.contains(name) { stop(name) }
        }
    }

    private mutating func release() async throws(LedgerError) {
        guard !unreleased.isEmpty else { return }
        try await store.releaseLeases(of: unreleased.sorted())
        released += unreleased
        unreleased.removeAll()
    }

    /// Gives up what should be another replica's, and takes what is free and should be this one's.
    private mutating func look(_ inFlight: Set<String>) async throws(LedgerError) {
        let replicas = try await store.replicas()
        owners.update(view.judge(replicas, itself: store.replicaID, at: now))
        for name in polled.sorted() where owners.owner(of: name) != store.replicaID {
            let since = awaited[name] ?? now
            awaited[name] = since
            if !inFlight.contains(name) || now - since >= Self.longestWait { stop(name) }
        }
        awaited = awaited.filter { polled.contains($0.key) && owners.owner(of: $0.key) != store.replicaID }
        let names = disabled.names
        disabled.expose(names.filter { owners.owner(of: $0) == store.replicaID }, at: now)
        lookDue = now + Self.lookInterval
        let known = polled.union(ending).union(unreleased).union(pending)
        let wanted = configured.subtracting(known).filter { owners.owner(of: $0) == store.replicaID }
        guard !wanted.isEmpty else { return }
        let start = now
        let leases = try await store.takeLeases(of: wanted.sorted())
        for lease in leases {
            table.hold(lease, until: start + (store.leaseDuration - Self.margin))
            pending.insert(lease.appliance)
            taken.append(lease.appliance)
        }
    }

    /// The owners of all appliances, computed again only when the replicas have changed.
    private struct Owners {
        private var replicas: [Replica] = []
        private var known: [String: String?] = [:]
        private var assignment = Assignment(among: [])

        mutating func update(_ current: [Replica]) {
            let current = current.map { $0.silent(seconds: 0) }
            guard current != replicas else { return }
            replicas = current
            assignment = Assignment(among: current)
            known.removeAll()
        }

        mutating func owner(of appliance: String) -> String? {
            if let owner = known[appliance] { return owner }
            let owner = assignment.owner(of: appliance)
            known[appliance] = .some(owner)
            return owner
        }
    }
}
