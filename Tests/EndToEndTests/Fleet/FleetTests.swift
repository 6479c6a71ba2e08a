import Foundation
import TestSupport
import Testing

/// Three exporters and one database through every fault. `FLEET_SECONDS=300 SEED=N` in the environment makes a longer run,
/// or the same faults again, and requires what is promised of a machine that does nothing else.
@Suite(.ownThread) struct FleetTests {
    /// How long faults go on; nil for one of each.
    static let seconds = ProcessInfo.processInfo.environment["FLEET_SECONDS"].flatMap { Double($0) }

    @Test(.timeLimit(.minutes(30))) func `a fleet counts everything once through every fault`() async throws {
        var rng = SeededRNG(printingSeedOf: "fleet")
        let fleet = try await Fleet(Fleet.Setup(spares: 1))
        try fleet.startAll()
        let before = try await fleet.awaitTruth()
        try await fleet.awaitSettled("the start")
        let history = FleetHistory(prometheus: try fleet.prometheus(fleet.targets(all: true)))
        try await history.awaitTotal(before)

        try fleet.simulator.call("/-/resume")
        let limits = Self.seconds == nil ? FleetLimits.shared(lease: 15) : .promised(lease: 15)
        var table = GapTable()
        let begin = fleet.log.now
        var rounds = 0
        repeat {
            for fault in FleetFault.allCases {
                let victim = Int.random(in: 0..<fleet.setup.replicas, using: &rng)
                print("fleet: \(Int(fleet.log.now - begin)) s: \(fault.rawValue), replica \(victim)")
                try await fleet.perform(fault, on: victim, limits, &table)
            }
            rounds += 1
        } while fleet.log.now - begin < Self.seconds ?? 0
        try fleet.simulator.call("/-/pause")
        let after = try await fleet.awaitTruth()
        try await history.awaitTotal(after)
        print(table.text)
        print(
            "fleet: \(rounds) rounds, \(Int(fleet.log.now - begin)) s, \(fleet.log.count) responses, \(after) breaches")

        #expect(after - before > 100, "there was something to count")
        try history.expectGrowth(after - before)
        let doubles = fleet.log.doubleExposures()
        #expect(doubles.isEmpty, "\(doubles.count) exposures by two replicas: \(doubles.prefix(5))")
        let bodies = fleet.log.inconsistentBodies()
        #expect(bodies.isEmpty, "\(bodies.count) bodies with series of other replicas: \(bodies.prefix(5))")
        #expect(!history.prometheus.program.log.contains("out of order"))
    }
}
