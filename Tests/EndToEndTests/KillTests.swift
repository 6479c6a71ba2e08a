import Foundation
import TestSupport
import Testing

/// `kill -9` at any instant. `KILLS=2000 SEED=N` in the environment makes a longer run, or the same again.
@Suite(.ownThread) struct KillTests {
    /// When a life ends.
    private enum KillPoint {
        /// So many milliseconds after the start, whatever is under way.
        case after(Double)
        /// When the log of the state file has changed so often, and a little later: in the middle of a commit.
        case commit(number: Int, milliseconds: Double)

        /// - Parameter start: How many milliseconds a start takes here, until it is scraped.
        init(_ rng: inout SeededRNG, start: Double) {
            if rng.chance(0.5) {
                self = .after(.random(in: 0..<max(300, 5 * start), using: &rng))
            } else {
                let number = Int.random(in: 1...2, using: &rng)
                self = .commit(number: number, milliseconds: .random(in: 0..<3, using: &rng))
            }
        }
    }

    /// What the lives came to.
    private struct KillStats {
        var beforeListening = 0
        var aimedAtCommits = 0
        /// Commits that were on the disk, but never shown before the kill.
        var unseenCommits = 0
    }

    private static let kills = ProcessInfo.processInfo.environment["KILLS"].flatMap { Int($0) } ?? 200

    @Test(.timeLimit(.minutes(60))) func `kills at random times lose nothing and count nothing twice`() async throws {
        var rng = SeededRNG(printingSeedOf: "kills")
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(young: workspace, seed: rng.seed, rate: 2_000_000)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global.merge([
            "initial_lookback": "30s", "overlap": "10s", "recheck_interval": "1s", "recheck_window": "20s",
            "new_series_hold": "1s",
        ]) { $1 }
        let file = try workspace.write("darktrace-exporter.yml", configuration.text)
        var water = MonotonicityCheck()
        var stats = KillStats()
        let start = try awaitFirstScrape(file, workspace, &water)
        for number in 1...max(1, Self.kills) {
            try live(
                KillPoint(&rng, start: start), start, "life \(number), SEED=\(rng.seed)", file, workspace, &water,
                &stats)
        }
        print(
            "kills: \(Self.kills), \(stats.beforeListening) before it listened, \(stats.aimedAtCommits) aimed at a commit,",
            "\(stats.unseenCommits) commits not shown before; \(water.scrapes) scrapes, \(water.rises) showed more")

        let last = try Exporter(workspace, configuration.text)
        water.expectNoFall(try last.scrape(), "the last start, SEED=\(rng.seed)")
        try simulator.call("/-/pause")
        let after = try await last.awaitTruth(of: "hq", by: simulator)
        water.expectNoFall(after, "the end, SEED=\(rng.seed)")
        #expect(stats.unseenCommits > 0, "some kills fall between a commit and its first scrape")
        #expect(water.scrapes >= Self.kills / 4, "lives are long enough to be seen")
    }

    private func begin(_ file: String, _ workspace: TemporaryDirectory) throws -> RunningProgram {
        try RunningProgram(
            "darktrace-exporter",
            [
                "--web.listen-address=127.0.0.1:0", "--state.path=\(workspace.path("state.db"))",
                "--config.file=\(file)",
            ])
    }

    /// A life that is long enough for one scrape, and how many milliseconds that was.
    private func awaitFirstScrape(_ file: String, _ workspace: TemporaryDirectory, _ water: inout MonotonicityCheck)
        throws
        -> Double
    {
        let clock = ContinuousClock()
        let birth = clock.now
        let program = try begin(file, workspace)
        let listening = try program.awaitLog(#/msg="Listening on" address=(127\S+)/#)
        let text = try HTTP.get("http://\(listening.output.1)/metrics").text
        let took = (clock.now - birth) / .milliseconds(1)
        water.expectNoFall(try Scrape(text), "the first scrape")
        try program.stop(SIGKILL)
        return took
    }

    /// One life: started, scraped as often as it answers, killed.
    private func live(
        _ killPoint: KillPoint, _ start: Double, _ name: String, _ file: String, _ workspace: TemporaryDirectory,
        _ water: inout MonotonicityCheck,
        _ stats: inout KillStats
    ) throws {
        let program = try begin(file, workspace)
        let log = workspace.path("state.db-wal")
        Thread { Self.shoot(program, killPoint, log: log, patience: max(0.6, 10 * start / 1_000)) }.start()
        var isFirst = true
        if let listening = try? program.awaitLog(#/msg="Listening on" address=(127\S+)/#) {
            // A scrape that the kill cuts off throws.
            while let answer = try? HTTP.get("http://\(listening.output.1)/metrics"), answer.status == 200 {
                let rises = water.rises
                water.expectNoFall(try Scrape(answer.text), name)
                if isFirst && water.rises > rises { stats.unseenCommits += 1 }
                isFirst = false
                // Leaves the two cores to those whose race this is.
                usleep(20_000)
            }
        } else {
            stats.beforeListening += 1
        }
        if case .commit = killPoint { stats.aimedAtCommits += 1 }
        try #require(try program.exitStatus() == -SIGKILL, "\(name) exited: \(program.log)")
    }

    private static func shoot(_ program: RunningProgram, _ killPoint: KillPoint, log: String, patience: Double) {
        switch killPoint {
        case .after(let milliseconds): usleep(UInt32(milliseconds * 1_000))
        case .commit(let number, let milliseconds):
            let deadline = Date(timeIntervalSinceNow: patience)
            var seen = stamp(log)
            var left = number
            while left > 0, Date() < deadline {
                usleep(100)
                let now = stamp(log)
                if now != seen { left -= 1 }
                seen = now
            }
            usleep(UInt32(milliseconds * 1_000))
        }
        if program.isRunning { kill(program.pid, SIGKILL) }
    }

    /// Size and time of change of a file; it differs after each write.
    private static func stamp(_ path: String) -> [Int] {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return [] }
        return [facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec]
    }
}
