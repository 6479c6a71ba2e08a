import Collector
import Foundation
import PostgresLedger
import TestSupport
import Testing

/// Replicas that share the appliances by leases, on a virtual clock. `FLEET_SEED=n` runs one world.
@Suite struct FleetWorldTests {
    private static let only = ProcessInfo.processInfo.environment["FLEET_SEED"].flatMap { UInt64($0) }

    @Test(arguments: 0..<WorldTests.workers)
    func `in every world of a fleet each breach is counted exactly once, and exposed by one replica`(
        worker: Int
    ) throws {
        var failures = 0
        let seeds = Self.only.map { [$0] } ?? Array(stride(from: UInt64(worker), to: WorldTests.worlds, by: 2))
        for seed in seeds {
            let violations = try FleetWorld(seed: seed).run()
            guard !violations.isEmpty else { continue }
            failures += 1
            Issue.record("world \(seed): \(violations.prefix(4).joined(separator: "; "))")
            if failures >= 5 { return }
        }
    }

    /// Some of the same worlds with a real server instead of the model.
    @Test func `in worlds of a fleet on PostgreSQL each breach is counted exactly once, and exposed by one replica`()
        async throws
    {
        for seed in Self.only.map({ $0..<$0 + 1 }) ?? 0..<min(50, WorldTests.worlds / 40) {
            let store = try await PostgresStore()
            try await store.open().close()
            try await FleetPostgresLedger.prepareClock(of: store)
            let violations = try Self.violations(seed: seed, on: store)
            #expect(violations.isEmpty, "world \(seed): \(violations.prefix(4).joined(separator: "; "))")
        }
    }

    private static func violations(seed: UInt64, on store: PostgresStore) throws -> [String] {
        let world = try FleetWorld(seed: seed)
        let database = world.database
        database.connect = { [unowned database] _, name, faults in
            let configuration = store.configuration(leaseSeconds: Double(FleetWorld.leaseSeconds), replica: name)
            return try FleetPostgresLedger(configuration, database, faults)
        }
        return world.run()
    }

    /// Shows that the worlds can fail.
    @Test func `without the fence some worlds count too much`() throws {
        let failed = try (0..<60).contains { (seed: UInt64) in
            try FleetWorld(seed: seed, isFenced: false).run().contains { $0.contains("exposed") }
        }
        #expect(failed)
    }
}
