import Collector
import Testing

/// How long appliances are without a replica, on a virtual clock: the lease is 15 s.
@Suite struct HandoverTests {
    private let world: FleetWorld

    init() throws {
        world = try FleetWorld(seed: 7)
        for name in ["r1", "r2", "r3"] { world.start(name) }
        world.run(seconds: 30)
    }

    private var holders: [String: String] { world.holders.compactMapValues { $0.count == 1 ? $0.first : nil } }

    /// A replica that holds an appliance, and the seconds until others have it.
    private func handover(_ fault: (FleetWorld, String) -> Void) throws -> Int64 {
        let before = holders
        #expect(before.count == world.appliances.count)
        let name = try #require(before.values.min())
        fault(world, name)
        let start = world.loop.now
        world.run(seconds: 60) { holders.count == before.count && !holders.values.contains(name) }
        #expect(world.violations.isEmpty, "\(world.violations)")
        return (world.loop.now - start) / 1_000_000_000
    }

    @Test func `after a clean stop others have the appliances within two seconds`() throws {
        #expect(try handover { $0.stop($1) } <= 2)
    }

    @Test func `after a crash others have the appliances two seconds after the lease has ended`() throws {
        let seconds = try handover { $0.kill($1) }
        #expect((10...17).contains(seconds), "\(seconds) s")
    }

    @Test func `a replica that is cut off from the database keeps nothing beyond its leases`() throws {
        let seconds = try handover { $0.replicas[$1]?.faults.isCut = true }
        #expect((10...17).contains(seconds), "\(seconds) s")
    }

    @Test func `a replica that is added gets its share within a few seconds`() {
        world.start("r4")
        world.run(seconds: 5)
        world.start("r5")
        world.run(seconds: 5)
        #expect(holders.count == world.appliances.count)
        #expect(world.violations.isEmpty, "\(world.violations)")
    }

    @Test(arguments: [6, 30]) func `an outage of the database moves nothing`(seconds: Int64) {
        let before = holders
        world.database.isDown = true
        world.run(seconds: seconds)
        // What was committed stays exposed until the leases end.
        #expect(holders == (seconds < 10 ? before : [:]))
        world.database.isDown = false
        world.run(seconds: 5)
        #expect(holders == before)
        #expect(world.violations.isEmpty, "\(world.violations)")
    }

    @Test func `a pause that is shorter than the lease moves nothing`() {
        let before = holders
        for name in before.values { world.replicas[name]?.faults.pausedUntil = world.loop.now + 6_000_000_000 }
        world.run(seconds: 5)
        #expect(holders.isEmpty)
        world.run(seconds: 5)
        #expect(holders == before)
    }

    @Test func `an appliance is polled by the one replica that has it in its files`() {
        for name in ["r1", "r2", "r3"] {
            world.configure(name, name == "r2" ? Set(world.appliances) : [world.appliances[0]])
        }
        world.run(seconds: 10)
        for appliance in world.appliances.dropFirst() { #expect(holders[appliance] == "r2") }
        #expect(holders[world.appliances[0]] != nil)
        #expect(world.violations.isEmpty, "\(world.violations)")
    }

    // MARK: Disabled appliances

    private func isPolled(_ appliance: String) -> Bool {
        world.replicas.values.contains { $0.table.epoch(of: appliance) != nil }
    }

    /// Runs for so many seconds; the result is how many of them the appliance was exposed by no replica, and by several.
    private func watch(_ appliance: String, seconds: Int64) -> (none: Int, several: Int) {
        var result = (none: 0, several: 0)
        for _ in 0..<seconds {
            world.run(seconds: 1)
            let count = world.holders[appliance]?.count ?? 0
            result.none += count == 0 ? 1 : 0
            result.several += count > 1 ? 1 : 0
        }
        return result
    }

    /// Disables the first appliance in the files of these replicas.
    private func disable(in names: [String]) {
        for name in names {
            world.configure(name, Set(world.appliances.dropFirst()), disabled: [world.appliances[0]])
        }
    }

    @Test func `an appliance that all disable is exposed by one replica, without a lease`() throws {
        let disabled = world.appliances[0]
        disable(in: ["r1", "r2", "r3"])
        let gap = watch(disabled, seconds: 30)
        #expect(gap.none <= 10)
        #expect(gap.several == 0)
        let first = try #require(holders[disabled])
        #expect(!isPolled(disabled))

        world.stop(first)
        let stopped = watch(disabled, seconds: 20)
        #expect(stopped.none <= 5)
        #expect(stopped.several == 0)
        let second = try #require(holders[disabled])
        world.kill(second)
        let killed = watch(disabled, seconds: 30)
        #expect((10...22).contains(killed.none), "until it is taken for dead")
        #expect(killed.several == 0)
        #expect(holders[disabled] != nil)
        world.start(first)
        let started = watch(disabled, seconds: 20)
        #expect(started.none <= 5)
        #expect(started.several == 0)
    }

    @Test func `an outage of the database ends what is exposed of a disabled appliance, as of all others`() {
        let disabled = world.appliances[0]
        disable(in: ["r1", "r2", "r3"])
        world.run(seconds: 20)
        world.database.isDown = true
        world.run(seconds: 30)
        #expect(holders.isEmpty)
        world.database.isDown = false
        world.run(seconds: 5)
        #expect(holders.count == world.appliances.count)
        #expect(!isPolled(disabled))
    }

    @Test func `while one replica has an appliance enabled it polls it, and no other exposes it`() {
        let appliance = world.appliances[0]
        disable(in: ["r1", "r3"])
        world.run(seconds: 20)
        #expect(holders[appliance] == "r2")
        #expect(isPolled(appliance))
        disable(in: ["r2"])
        #expect(watch(appliance, seconds: 20).several == 0)
        #expect(holders[appliance] != nil)
        #expect(!isPolled(appliance))
        world.configure("r3", Set(world.appliances))
        // The one that exposed it sees it a second later.
        #expect(watch(appliance, seconds: 20).several <= 1)
        #expect(holders[appliance] == "r3")
        #expect(isPolled(appliance))
        #expect(world.violations.isEmpty, "\(world.violations)")
    }
}
