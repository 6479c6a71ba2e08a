import Collector
import Ledger
import Metrics
import SQLiteLedger
import TestSupport

/// One run of the real collector, client and ledger through everything that can happen, decided by a seed.
final class World {
    let profile: FaultProfile
    /// The appliance that no reload changes.
    let main: Site
    /// An appliance whose configuration reloads change, in some worlds.
    private let other: Site?
    let loop = Loop()
    let ledger: any FaultyLedger
    let recorder = EventRecorder()
    private var rng: SeededRNG
    private let mode: ProcessRun
    private var plan: WorldPlan
    private var process: Loop.Run?
    private var processCount = 0
    private var reloads: AsyncStream<[PollConfiguration]>.Continuation?
    private var violations: [String] = []

    /// - Parameter open: Opens the ledger, whose calls run on the loop.
    init(
        seed: UInt64, mode: ProcessRun = .serving,
        open: (Loop) throws -> any FaultyLedger = { try SQLiteLedger(.memory, executor: $0) }
    ) throws {
        self.mode = mode
        var rng = SeededRNG(seed: seed)
        var profile = FaultProfile(&rng)
        profile.vary(by: seed)
        plan = WorldPlan(profile, &rng)
        // Other draws from the same generator would change all worlds that are kept as regressions.
        var (otherRNG, securityRNG) = (SeededRNG(seed: ~seed), SeededRNG(seed: seed ^ 0x5ec))
        var history = History(profile, downtime: plan.longDowntime, &rng)
        history.security = SecurityHistory(profile, in: history, &securityRNG)
        self.profile = profile
        ledger = try open(loop)
        main = Site(
            "hq", profile, history, loop: loop, isPrinted: mode == .timed, rng: SeededRNG(seed: rng.next()))
        self.rng = rng
        let faultPeriod = (history.faultsEnd - History.origin) / 1_000
        if mode == .serving, profile.reloads > 0 {
            var otherHistory = History(profile, downtime: plan.longDowntime, &otherRNG)
            otherHistory.security = SecurityHistory(profile, in: otherHistory, &securityRNG)
            other = Site(
                "branch", profile, otherHistory, loop: loop, isPrinted: false, rng: SeededRNG(seed: otherRNG.next()))
        } else {
            other = nil
        }
        plan.schedule(profile, faultPeriod: faultPeriod, &self.rng)
        if other != nil { plan.scheduleReloads(profile, faultPeriod: faultPeriod, &otherRNG) }
    }

    var sites: [Site] { [main] + (other.map { [$0] } ?? []) }

    /// Nanoseconds of the loop.
    private var faultsEnd: Int64 { (main.history.faultsEnd - History.origin) * 1_000_000 }

    // MARK: Running

    /// Runs to the end and returns all violations.
    func run() -> [String] {
        start()
        for event in plan.events {
            loop.run(until: event.instant)
            perform(event.act)
        }
        if process == nil { start() }
        settle()
        settleCounters()
        // Another recheck must not change the counts.
        loop.run(until: loop.now + (profile.recheckInterval + profile.interval) * 1_000_000_000)
        stop()
        for site in sites { violations += differences(of: site).map { "\(site.name): \($0)" } }
        if main.starts > processCount { violations.append("a reload restarted an appliance that it did not change") }
        return violations
    }

    private func perform(_ act: WorldPlan.Act) {
        switch act {
        case .stop: stop()
        case .stopAtStep(let count):
            let limit = loop.steps + count
            loop.run(until: loop.now + 3_600_000_000_000) { [loop] in loop.steps >= limit }
            stop()
        case .start:
            if process == nil { start() }
        case .breakLedger(let fault): onLedger { try? await $0.inject(fault) }
        case .repairLedger: onLedger { try? await $0.inject(nil) }
        case .reload(let overlap): reload(overlap)
        }
    }

    private func reload(_ overlap: Double?) {
        guard let other else { return }
        if let overlap { other.configuration.overlap = .seconds(overlap) }
        let before = main.publications
        reloads?.yield(overlap == nil ? [main.configuration] : sites.map(\.configuration))
        loop.runJobs()
        if main.publications != before { violations.append("a reload changed what an untouched appliance exposes") }
    }

    /// Runs `body` on the ledger to its end.
    func onLedger(_ body: @escaping @Sendable (any FaultyLedger) async -> Void) {
        let ledger = ledger
        _ = loop.start { await body(ledger) }
        loop.runJobs()
    }

    private func start() {
        processCount += 1
        for site in sites { site.beginProcess() }
        let exporter = Exporter(self, seed: rng.next())
        let (changes, continuation) = AsyncStream<[PollConfiguration]>.makeStream(bufferingPolicy: .bufferingNewest(1))
        reloads = continuation
        process = loop.start { [mode] in
            switch mode {
            case .serving: await exporter.serve(changes)
            case .timed: await exporter.runByTimer()
            }
        }
    }

    private func stop() {
        guard let process else { return }
        process.task?.cancel()
        loop.runJobs()
        if !process.isFinished { violations.append("polling did not end at once") }
        self.process = nil
        reloads = nil
    }

    // MARK: Settling

    /// Runs without faults until every breach is counted and exposed, up to a limit that no world may need.
    private func settle() {
        loop.run(until: faultsEnd)
        for _ in 0..<(profile.interval < 300 ? 400 : 100) where !sites.allSatisfy(\.isComplete) {
            loop.run(until: loop.now + profile.interval * 1_000_000_000)
        }
    }

    /// Runs until the counters of all secondary feeds are true, for four days at most.
    ///
    /// Their polls are at most an hour apart, and with the smallest budget and an appliance that is too slow for the
    /// window each one makes a single step: it reads a part of the list or of the full records, or learns that the part
    /// must be narrower. The slowest world seen has one request a minute for eight feeds, and responses of at most four
    /// records: it needs a day and a half.
    private func settleCounters() {
        guard !main.counters.isEmpty else { return }
        // What begins at the last instant is acknowledged two and a half hours later, confirmed or expired after one.
        loop.run(until: max(loop.now, faultsEnd) + 3 * Self.hour)
        let limit = loop.now + 96 * Self.hour
        while loop.now < limit, !sites.allSatisfy({ counterDifferences(of: $0).isEmpty }) {
            loop.run(until: loop.now + profile.interval * 1_000_000_000)
        }
        if recorder.isOpen { recorder.lines.append("\(loop.now / 1_000_000_000) the counters are settled") }
    }

    private static let hour: Int64 = 3_600_000_000_000
}
