import Foundation
import Testing

/// The real collector, client and ledger in simulated worlds: whatever happens, each breach is counted once.
///
/// `WORLDS=1000000` runs so many, `WORLD_SEED=n` one of them and prints its diary.
@Suite struct WorldTests {
    static let worlds: UInt64 = ProcessInfo.processInfo.environment["WORLDS"].flatMap { UInt64($0) } ?? 10_000
    static let only = ProcessInfo.processInfo.environment["WORLD_SEED"].flatMap { UInt64($0) }
    /// Worlds that once failed, each with what was wrong.
    static let remembered: [(seed: UInt64, life: World.ProcessRun, defect: String)] = [
        (353, .serving, "a recheck moved the cursor into the future when the appliance's clock went back"),
        (581, .serving, "the same, with our clock going forth at the same time"),
        (1_113, .serving, "the same, with one request a minute"),
        (35, .serving, "after a wait for the budget the end of the window was as old as the wait"),
        (70, .serving, "a recheck looked beyond the cursor and called late what was only new"),
        (763, .serving, "the recheck by activity called late what was created after the cursor"),
        (235, .serving, "after an outage longer than ids are kept, what was listed late before it counted as too old"),
        (784, .timed, "a restart before the ledger's start was reached forgot how far back the way had begun"),
        (16, .timed, "an appliance that is always too slow for what the overlap asks for was never asked for less"),
    ]

    @Test(arguments: remembered) func `what was wrong once stays right`(
        seed: UInt64, life: World.ProcessRun, defect: String
    ) throws {
        let complaints = try World(seed: seed, life: life).run()
        #expect(complaints.isEmpty, "\(defect): \(complaints.joined(separator: "; "))")
    }

    /// In some worlds the status is polled beside the breaches.
    private static func statusInterval(of seed: UInt64) -> Int64 {
        seed % 8 == 3 ? [1, 300, 900, 3_600][Int(seed / 8 % 4)] : 0
    }

    static let isChatty = ProcessInfo.processInfo.environment["WORLD_CHAT"] != nil
    static let workers = 2

    @Test(arguments: 0..<workers) func `in every world each breach is counted exactly once`(worker: Int) throws {
        try judge(worker, of: Self.worlds, life: .serving)
    }

    /// Killed at any step: between the commit, the print and the release as well.
    @Test(arguments: 0..<workers) func `in every world the runs of a timer count exactly once, and new models from 0`(
        worker: Int
    ) throws {
        try judge(worker, of: Self.worlds / 20, life: .timed)
    }

    private func judge(_ worker: Int, of worlds: UInt64, life: World.ProcessRun) throws {
        if let only = Self.only {
            guard worker == 0 else { return }
            let world = try World(seed: only, life: life, statusInterval: Self.statusInterval(of: only))
            world.diary.isOpen = true
            let complaints = world.run()
            print(world.climate)
            for line in world.diary.lines { print(line) }
            for breach in world.history.breaches { print(breach) }
            #expect(complaints.isEmpty, "\(complaints.joined(separator: "; "))")
            return
        }
        var failures = 0
        var requests = 0
        for seed in stride(from: UInt64(worker), to: worlds, by: Self.workers) {
            let world = try World(seed: seed, life: life, statusInterval: Self.statusInterval(of: seed))
            let complaints = world.run()
            requests += world.appliance.requestCount
            if Self.isChatty { print(seed, world.appliance.requestCount, world.loop.steps, world.climate) }
            guard !complaints.isEmpty else { continue }
            failures += 1
            Issue.record(
                """
                \(life) world \(seed): \(complaints.prefix(4).joined(separator: "; "))
                alone: WORLD_SEED=\(seed) swift test --disable-xctest --filter WorldTests
                """)
            if failures >= 5 { return }
        }
    }
}
