import Collector
import Ledger
import Metrics
import TestSupport

/// One process of the exporter in a fleet: a lease manager with the pollers of what it holds.
final class FleetReplica: @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    let id: String
    let table = LeaseTable()
    let faults: FleetLedger.Faults
    let appliances: [String: ModelAppliance]
    private let ledger: any Ledger & LeaseStore
    private let manager: LeaseManager
    private let loop: Loop
    private let restored = InitialState()
    private(set) var run: Loop.Run?
    /// What the feeds published last, by appliance.
    private(set) var families: [String: [MetricFamily]] = [:]
    /// The appliances whose families no scrape has seen yet.
    var unshown: Set<String> = []
    /// Called with each appliance that published something.
    var onPublish: (String) -> Void = { _ in }

    /// - Parameters:
    ///   - id: Different for every process of one name.
    ///   - connections: The network of this process, by appliance.
    init(
        _ id: String, name: String, database: FleetDatabase, connections: [String: ModelAppliance],
        faults: FleetLedger.Faults, wall: @escaping @Sendable () -> Int64
    ) throws {
        self.id = id
        self.faults = faults
        loop = database.loop
        appliances = connections
        ledger = try database.connect(id, name, faults)
        let (loop, restored) = (loop, restored)
        let clocks = Clocks(
            monotonicNanoseconds: { loop.look() }, wallMilliseconds: wall,
            sleep: { (instant) async throws(CancellationError) in
                try await loop.sleep(until: instant)
                // A process that is paused does not wake.
                while loop.now < faults.pausedUntil { try await loop.sleep(until: faults.pausedUntil) }
            })
        let box = Box()
        manager = LeaseManager(
            ledger, table: table, clocks: clocks,
            prepare: { [ledger] configurations in
                let read = await PollManager.restore(configurations, from: ledger) { box.replica?.publish($0, $1, $2) }
                restored.replace(configurations.map(\.name), by: read)
            }, emit: { _ in })
        pollManager = PollManager(
            configurations: [], ledger: ledger, clocks: clocks, seed: 1,
            emit: { [manager] event in
                if case .removed = event.kind { box.replica?.families[event.appliance] = nil }
                manager.observe(event)
            }, publish: { box.replica?.publish($0, $1, $2) })
        box.replica = self
    }

    private let pollManager: PollManager

    private final class Box: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        weak var replica: FleetReplica?
    }

    private func publish(_ appliance: String, _ feed: FeedKind, _ published: [MetricFamily]) {
        guard feed == .modelBreaches else { return }
        families[appliance] = published
        unshown.insert(appliance)
        onPublish(appliance)
    }

    // MARK: Life

    func start(_ configurations: [PollConfiguration], disabled: Set<String>) {
        manager.configure(configurations, disabled: disabled)
        run = loop.start { [manager, pollManager, restored] in
            await withDiscardingTaskGroup { group in
                group.addTask { await manager.run() }
                await pollManager.run(changes: manager.assignments, from: restored)
            }
        }
    }

    func configure(_ configurations: [PollConfiguration], disabled: Set<String>) {
        manager.configure(configurations, disabled: disabled)
    }

    /// The process is gone; what it has sent may still arrive.
    func kill() {
        run?.task?.cancel()
        faults.isCut = true
    }

    /// The process gets SIGTERM.
    func stop() {
        run?.task?.cancel()
        _ = loop.start { [ledger] in try? await ledger.close() }
    }

    var isPaused: Bool { loop.now < faults.pausedUntil }

    /// What a scrape would show now; nothing answers while the process is paused.
    var exposed: Set<String> {
        guard !isPaused else { return [] }
        _ = table.revision(atNanoseconds: loop.now)
        return table.exposed
    }
}
