import Foundation
import TestSupport
import Testing

/// An appliance, and the way to it, that fail at random. `FAULTS=600 SEED=N` in the environment makes a run of so many
/// bursts of faults, or the same again.
@Suite(.ownThread) struct FaultyNetworkTests {
    /// Faults that spoil answers, and those that only change what is in them or how it is written.
    private static let spoiling = [
        "slow=3000", "cut=500", "reset", "reset-body=300", "stall=200", "silent", "delay=300", "closed",
        "server-error=500", "server-error=503", "rate-limited=1", "empty-body", "truncated=400", "not-json",
        "trailing-garbage", "wrong-content=object", "wrong-content=null", "login-page", "logged-out", "input-error",
        "not-found", "permission=403", "refused-date-form=spaced", "revoked-token",
    ]
    private static let changing = [
        "clock-skew=4", "clock-skew=-4", "repeated-records", "descending", "late-listing=5", "gzip", "content-length",
        "whitespace", "exclusive-end", "unknown-fields", "padding=3000", "acknowledged-after=1", "renamed-models",
        "short-form-lacks=score,name", "unreadable-every=7", "no-category", "model-variants=3", "ids=negative",
        "ids=long", "suppressed=0.5", "negative-delay=0.3", "late-records=0.3", "numbers-as-text=breaches",
    ]
    private static let bursts = ProcessInfo.processInfo.environment["FAULTS"].flatMap { Int($0) } ?? 36

    @Test(.timeLimit(.minutes(60))) func `faults switched at random lose nothing and count nothing twice`()
        async throws
    {
        var rng = SeededRNG(printingSeedOf: "faults")
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(young: workspace, seed: rng.seed, rate: 300_000)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global.merge([
            "poll_timeout": "1s", "initial_lookback": "30s", "overlap": "10s", "recheck_interval": "2s",
            "recheck_window": "40s",
        ]) { $1 }
        var exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("the first lookback") { $0.sum("darktrace_model_breaches_total") > 0 }
        var water = MonotonicityCheck()
        var reasons: [String: Double] = [:]
        var kills = 0
        var progress = ContinuousClock.now
        for burst in 1...max(1, Self.bursts) {
            let name = "burst \(burst), SEED=\(rng.seed)"
            let faults = try draw(&rng, simulator)
            try await Task.sleep(for: .milliseconds(.random(in: 400..<1_300, using: &rng)))
            let scrape = try exporter.scrape()
            water.expectNoFall(scrape, "\(name), \(faults)")
            if scrape.value("darktrace_up") == 1 { progress = .now }
            // A long way back off, or bad luck: a start asks at once, and meets the faults.
            if rng.chance(0.2) || ContinuousClock.now - progress > .seconds(5) {
                note(scrape, &reasons)
                try exporter.program.stop(SIGKILL)
                kills += 1
                exporter = try Exporter(workspace, configuration.text)
                water.expectNoFall(try exporter.scrape(), "the start after \(name)")
                progress = .now
                try await Task.sleep(for: .milliseconds(.random(in: 0..<500, using: &rng)))
            }
            try simulator.clear()
            if burst.isMultiple(of: 4) {
                // However busy the machine is: it continues only when something was counted without faults.
                exporter = try await progressed(exporter, workspace, configuration.text, &water, &kills, &reasons)
                progress = .now
            } else {
                try await Task.sleep(for: .milliseconds(.random(in: 0..<300, using: &rng)))
            }
        }
        note(try exporter.scrape(), &reasons)
        print("faults: \(Self.bursts) bursts, \(kills) kills, failures", reasons.sorted { $0.key < $1.key })

        // Restarted, because a `Retry-After` may delay it.
        try exporter.program.stop(SIGKILL)
        try simulator.call("/-/pause")
        configuration.global["poll_timeout"] = "20s"
        let last = try Exporter(workspace, configuration.text)
        let after = try await last.awaitTruth(of: "hq", by: simulator)
        water.expectNoFall(after, "the end, SEED=\(rng.seed)")
        #expect(reasons.count >= min(3, Self.bursts / 10), "the faults were met: \(reasons)")
        #expect(water.rises >= Self.bursts / 4, "it goes on counting between the faults")
    }

    /// Awaits that more is counted than ever before, by a new start where the old one is backing off.
    private func progressed(
        _ exporter: Exporter, _ workspace: TemporaryDirectory, _ configuration: String,
        _ water: inout MonotonicityCheck,
        _ kills: inout Int, _ reasons: inout [String: Double]
    ) async throws -> Exporter {
        var exporter = exporter
        if case let scrape = try exporter.scrape(), scrape.value("darktrace_up") != 1 {
            note(scrape, &reasons)
            try exporter.program.stop(SIGKILL)
            kills += 1
            exporter = try Exporter(workspace, configuration)
        }
        let before = water.rises
        var now = water
        try await exporter.awaitScrape("new breaches without faults") { scrape in
            now.expectNoFall(scrape, "without faults")
            return now.rises > before
        }
        water = now
        return exporter
    }

    /// Switches one to three faults on.
    private func draw(_ rng: inout SeededRNG, _ simulator: Simulator) throws -> [String] {
        var faults: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &rng) {
            if rng.chance(0.5), let fault = Self.spoiling.randomElement(using: &rng) {
                let chance = Double.random(in: 0.3...1, using: &rng)
                let times = rng.chance(0.3) ? "&times=\(Int.random(in: 1...2, using: &rng))" : ""
                try simulator.set(fault, "&chance=\(chance)\(times)")
                faults.append(fault)
            } else if let fault = Self.changing.randomElement(using: &rng) {
                if fault.hasPrefix("late-listing") { try simulator.set("late-listing-share=0.3") }
                try simulator.set(fault)
                faults.append(fault)
            }
        }
        return faults
    }

    private func note(_ scrape: Scrape, _ reasons: inout [String: Double]) {
        for sample in scrape.all("darktrace_api_request_failures_total") where sample.value > 0 {
            reasons[sample.labels["reason"] ?? "", default: 0] += sample.value
        }
    }
}
