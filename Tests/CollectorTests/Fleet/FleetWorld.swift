import Collector
import Ledger
import Metrics
import SQLiteLedger
import TestSupport

/// Several replicas of the exporter with one database, through everything that can happen to them, decided by a seed.
final class FleetWorld {
    let loop = Loop()
    let database: FleetDatabase
    let profile: FaultProfile
    private(set) var replicas: [String: FleetReplica] = [:]
    private var sites: [String: World.Site] = [:]
    private var histories: [String: History] = [:]
    private var rng: SeededRNG
    /// The appliances that the files of each replica have.
    private var configured: [String: Set<String>] = [:]
    /// Those that the files of each replica disable.
    private var disabled: [String: Set<String>] = [:]
    private var shownBy: [String: String] = [:]
    private var processCount = 0
    private(set) var violations: [String] = []
    let appliances: [String]

    static let leaseSeconds = 15

    init(seed: UInt64, isFenced: Bool = true) throws {
        var rng = SeededRNG(seed: seed)
        profile = FaultProfile.ofFleets(&rng)
        database = try FleetDatabase(loop: loop, leaseSeconds: Self.leaseSeconds)
        database.isFenced = isFenced
        appliances = (1...Int(rng.pick(Int64(2)...4))).map { "appliance-\($0)" }
        for name in appliances {
            let history = History(profile, downtime: 0, &rng)
            histories[name] = history
            sites[name] = World.Site(
                name, profile, history, loop: loop, isPrinted: false, rng: SeededRNG(seed: rng.next()))
        }
        self.rng = rng
    }

    private func second(_ number: Int64) -> Int64 { number * 1_000_000_000 }
    private var wall: Int64 { History.origin + loop.now / 1_000_000 }

    // MARK: Replicas

    func start(_ name: String) {
        processCount += 1
        let connections = Dictionary(
            uniqueKeysWithValues: histories.map { site, history in
                let seed = rng.next()
                return (
                    site, ModelAppliance(loop: loop, history: history, profile: profile, rng: SeededRNG(seed: seed))
                )
            })
        let faults = FleetLedger.Faults(SeededRNG(seed: rng.next()))
        faults.unknownEvery = profile.faultEvery == 0 ? 0 : 20
        let replica: FleetReplica
        do {
            replica = try FleetReplica(
                "\(name)/\(processCount)", name: name, database: database, connections: connections, faults: faults,
                wall: { [loop] in History.origin + loop.now / 1_000_000 })
        } catch {
            violations.append("\(name) does not start: \(error)")
            return
        }
        replica.onPublish = { [unowned self, unowned replica] appliance in
            if replica.exposed.contains(appliance) { show(appliance, by: replica) }
        }
        replicas[name] = replica
        replica.start(configurations(of: name, replica), disabled: disabled[name] ?? [])
    }

    private func configurations(of name: String, _ replica: FleetReplica) -> [PollConfiguration] {
        appliances.filter { configured[name]?.contains($0) ?? true }.compactMap { appliance in
            guard let model = replica.appliances[appliance] else { return nil }
            return profile.configuration(appliance, connection: ApplianceConnection(to: model, address: appliance))
        }
    }

    /// The configuration files of a replica change.
    func configure(_ name: String, _ appliances: Set<String>, disabled names: Set<String> = []) {
        configured[name] = appliances
        disabled[name] = names
        if let replica = replicas[name] { replica.configure(configurations(of: name, replica), disabled: names) }
    }

    /// Some of the appliances are not in the files of a replica, or are disabled there.
    private func configureSome(_ name: String) {
        let enabled = Set(appliances.filter { _ in !rng.once(in: 3) })
        configure(name, enabled, disabled: Set(appliances.filter { !enabled.contains($0) && rng.once(in: 2) }))
    }

    func kill(_ name: String) { replicas.removeValue(forKey: name)?.kill() }
    func stop(_ name: String) { replicas.removeValue(forKey: name)?.stop() }

    // MARK: What is exposed

    /// The replicas that expose each appliance.
    var holders: [String: [String]] {
        var holders: [String: [String]] = [:]
        for (name, replica) in replicas {
            for appliance in replica.exposed { holders[appliance, default: []].append(name) }
        }
        return holders
    }

    private func show(_ appliance: String, by replica: FleetReplica) {
        guard replica.unshown.remove(appliance) != nil, let site = sites[appliance],
            let families = replica.families[appliance]
        else { return }
        if shownBy[appliance] != replica.id {
            shownBy[appliance] = replica.id
            site.exposition.takeOver()
        }
        site.exposition.publish(families, wall: wall)
    }

    /// Runs for so many seconds, with a scrape of every replica in each of them.
    func run(seconds: Int64, isDone: () -> Bool = { false }) {
        let end = loop.now + second(seconds)
        while loop.now < end, !isDone() {
            loop.run(until: loop.now + second(1))
            for (appliance, holders) in holders {
                // Without a lease, two may expose a disabled appliance for a few seconds.
                let holders = holders.filter { replicas[$0]?.table.epoch(of: appliance) != nil }
                if holders.count > 1 {
                    violations.append("\(loop.now / second(1)) s: \(appliance) is exposed by \(holders.sorted())")
                }
                for name in holders { if let replica = replicas[name] { show(appliance, by: replica) } }
            }
        }
    }

    // MARK: A world

    /// Runs to the end and returns all violations.
    func run() -> [String] {
        let all = ["r1", "r2", "r3"].prefix(Int(rng.pick(Int64(2)...3)))
        for name in all {
            if rng.once(in: 4) { configureSome(name) }
            start(name)
        }
        while wall < histories.values.map(\.faultsEnd).max() ?? 0 {
            run(seconds: rng.pick(Int64(1)...20))
            perform(rng.pick(Array(all)))
        }
        repair(Array(all))
        run(seconds: 600) { sites.values.allSatisfy(\.isComplete) }
        // Another recheck must not change the counts.
        run(seconds: profile.recheckInterval + profile.interval + Int64(2 * Self.leaseSeconds))
        let holders = holders
        for name in appliances where holders[name]?.count != 1 {
            violations.append("in the end \(name) is exposed by \(holders[name] ?? [])")
        }
        for name in replicas.keys.sorted() { stop(name) }
        loop.run(until: loop.now + second(60))
        for site in sites.values {
            violations += (ExpectedCounts(site, profile).differences + site.exposition.violations)
                .map { "\(site.name): \($0)" }
        }
        return violations
    }

    private func perform(_ name: String) {
        let length = rng.pick([Int64(1), 4, 10, 20, 45])
        switch rng.pick(0...7) {
        case 0: kill(name)
        case 1: stop(name)
        case 2: replicas[name]?.faults.pausedUntil = loop.now + second(length)
        case 3: replicas[name]?.faults.isCut = true
        case 4: replicas[name]?.faults.isCut = false
        case 5: database.isDown.toggle()
        case 6: configureSome(name)
        default: database.clockOffset -= rng.once(in: 4) ? second(length) : 0
        }
        if replicas[name] == nil, rng.once(in: 2) { start(name) }
    }

    private func repair(_ all: [String]) {
        database.isDown = false
        for name in all {
            configure(name, Set(appliances))
            guard let replica = replicas[name] else {
                start(name)
                continue
            }
            replica.faults.isCut = false
            replica.faults.unknownEvery = 0
        }
    }
}

extension FaultProfile {
    /// Settings under which a few minutes are enough for everything.
    static func ofFleets(_ rng: inout SeededRNG) -> FaultProfile {
        var profile = FaultProfile(&rng)
        profile.interval = rng.pick([10, 20, 30])
        profile.overlap = 60
        profile.lookback = 3_600
        profile.recheckInterval = 30
        profile.recheckWindow = 600
        profile.hold = rng.pick([0, 0, 20])
        profile.maxRecords = 50_000
        profile.requestsPerMinute = 60
        profile.faultPeriod = rng.pick([60, 80, 120])
        profile.count = Int(rng.pick(Int64(4)...8))
        profile.slowAbove = 10_000
        profile.honoursCreation = true
        profile.clocksStep = false
        profile.faultEvery = rng.pick([0, 10])
        return profile
    }
}
