import Foundation
import Ledger
import PostgresLedger
import TestSupport
import Testing

/// The real collector, client and ledger in simulated worlds: whatever fails, each breach is counted once.
///
/// `WORLDS=1000000` runs that many worlds; `WORLD_SEED=n` runs one and prints its events.
@Suite struct WorldTests {
    static let worlds: UInt64 = ProcessInfo.processInfo.environment["WORLDS"].flatMap { UInt64($0) } ?? 2_000
    static let only = ProcessInfo.processInfo.environment["WORLD_SEED"].flatMap { UInt64($0) }
    /// Worlds that once failed, each with the defect.
    static let regressions: [(seed: UInt64, mode: World.ProcessRun, defect: String)] = [
        (353, .serving, "a recheck moved the cursor into the future when the appliance's clock went back"),
        (581, .serving, "the same, with the exporter's clock going forward at the same time"),
        (1_113, .serving, "the same, with one request a minute"),
        (35, .serving, "after a wait for the request budget the end of the window was as old as the wait"),
        (70, .serving, "a recheck queried beyond the cursor and counted new records as late"),
        (763, .serving, "the recheck by activity time counted records created after the cursor as late"),
        (
            235, .serving,
            "after an outage longer than ids are kept, records listed late before it were dropped as too old"
        ),
        (784, .timed, "a restart before the start of the ledger was reached forgot how far back catch-up had started"),
        (16, .timed, "the window of an appliance that is always too slow for the overlap never shrank"),
        (118, .serving, "an action counted as expired only in a window that ended after its expiry"),
        (902, .serving, "the same, on the appliance that no reload changes"),
        (470, .serving, "a feed that answered 500 from the start was asked again every few minutes"),
        (2_310, .serving, "a poll of which only the first request had a permit, and was refused, was a success"),
    ]

    @Test(arguments: regressions) func `worlds that failed once pass`(
        seed: UInt64, mode: World.ProcessRun, defect: String
    ) throws {
        let violations = try World(seed: seed, mode: mode).run()
        #expect(violations.isEmpty, "\(defect): \(violations.joined(separator: "; "))")
    }

    static let isVerbose = ProcessInfo.processInfo.environment["WORLD_VERBOSE"] != nil
    static let workers = 2

    @Test(arguments: 0..<workers) func `in every world each breach is counted exactly once`(worker: Int) throws {
        try check(worker, of: Self.worlds, mode: .serving)
    }

    /// Runs are killed at any step, also between commit, print and release.
    @Test(arguments: 0..<workers)
    func `in every world runs by a timer count exactly once, and expose new models as 0 first`(
        worker: Int
    ) throws {
        try check(worker, of: Self.worlds / 20, mode: .timed)
    }

    /// The same worlds with a ledger on a real server.
    @Test func `in worlds with a PostgreSQL database each breach is counted exactly once`() async throws {
        for seed in 0..<min(50, Self.worlds / 200) {
            let store = try await PostgresStore()
            let world = try World(seed: seed) { loop in
                try PostgresLedger(store.configuration(leaseSeconds: 600), executor: loop)
            }
            world.onLedger { ledger in _ = try? await ledger.leases?.takeLeases(of: ["branch", "hq"]) }
            let violations = world.run()
            #expect(violations.isEmpty, "world \(seed): \(violations.prefix(4).joined(separator: "; "))")
        }
    }

    private func check(_ worker: Int, of worlds: UInt64, mode: World.ProcessRun) throws {
        if let only = Self.only {
            guard worker == 0 else { return }
            let world = try World(seed: only, mode: mode)
            world.recorder.isOpen = true
            let violations = world.run()
            print(world.profile, world.main.history.security)
            for line in world.recorder.lines { print(line) }
            for breach in world.main.history.breaches { print(breach) }
            #expect(violations.isEmpty, "\(violations.joined(separator: "; "))")
            return
        }
        var failures = 0
        var requests = 0
        for seed in stride(from: UInt64(worker), to: worlds, by: Self.workers) {
            let world = try World(seed: seed, mode: mode)
            let violations = world.run()
            requests += world.main.appliance.requestCount
            if Self.isVerbose { print(seed, world.main.appliance.requestCount, world.loop.steps, world.profile) }
            guard !violations.isEmpty else { continue }
            failures += 1
            Issue.record(
                """
                \(mode) world \(seed): \(violations.prefix(4).joined(separator: "; "))
                alone: WORLD_SEED=\(seed) swift test --disable-xctest --filter WorldTests
                """)
            if failures >= 5 { return }
        }
    }
}
