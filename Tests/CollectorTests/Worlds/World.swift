import Collector
import Darktrace
import Ledger
import Metrics
import TestSupport

/// One run of the real collector, client and ledger through everything that can happen, decided by a seed.
final class World {
    let profile: FaultProfile
    let history: History
    let appliance: ModelAppliance
    let exposition: ExpositionChecker
    let loop = Loop()
    private var rng: SeededRNG
    private let ledger: Ledger
    private let mode: ProcessRun
    private let key = FeedKey(appliance: "hq", feed: "modelbreaches")
    private var events: [(instant: Int64, act: Act)] = []
    private var collection: Loop.Run?
    private(set) var violations: [String] = []
    let recorder = EventRecorder()

    /// How the exporter runs.
    enum ProcessRun {
        /// A process polls on its schedule and serves what it publishes.
        case serving
        /// A timer starts a process that polls once, prints and exits.
        case timed
    }

    private enum Act {
        case stop, stopAtStep(Int), start, breakLedger(LedgerFault), repairLedger
    }

    /// The reported events, for debugging.
    final class EventRecorder: @unchecked Sendable {
        var isOpen = false
        var lines: [String] = []
    }

    /// - Parameter statusInterval: Interval of the polls of `/status`, in seconds; 0 is none.
    init(seed: UInt64, mode: ProcessRun = .serving, statusInterval: Int64 = 0) throws {
        self.mode = mode
        var rng = SeededRNG(seed: seed)
        var profile = FaultProfile(&rng)
        profile.vary(by: seed)
        profile.statusInterval = statusInterval
        profile.forbidsStatus = seed % 5 == 0
        var downtimes: [Int64] = []
        for _ in 0..<profile.restarts { downtimes.append(rng.pick([0, 30, 3_600])) }
        let long: Int64 = profile.restarts > 0 && rng.once(in: 4) ? rng.pick(86_400...75 * 86_400) : 0
        let history = History(profile, downtime: long, &rng)
        self.profile = profile
        self.history = history
        ledger = try Ledger(.memory, executor: loop)
        appliance = ModelAppliance(loop: loop, history: history, profile: profile, rng: SeededRNG(seed: rng.next()))
        self.rng = rng
        exposition = ExpositionChecker(loop: loop, profile: profile, isPrinted: mode == .timed)
        schedule(downtimes, long)
    }

    private func schedule(_ downtimes: [Int64], _ long: Int64) {
        let faultPeriod = (history.faultsEnd - History.origin) / 1_000
        var free: Int64 = 0
        for (index, downtime) in downtimes.enumerated() {
            let stop = min(faultPeriod, rng.pick(free...free + profile.faultPeriod / 3))
            events.append((stop * 1_000_000_000, rng.once(in: 2) ? .stopAtStep(Int(rng.pick(1...400))) : .stop))
            free = min(faultPeriod, stop + 1 + (index == 0 && long > 0 ? long : downtime))
            events.append((free * 1_000_000_000, .start))
        }
        if rng.once(in: 3) {
            let from = rng.pick(0...faultPeriod)
            let to = min(faultPeriod, from + rng.pick(1...3_600))
            events.append((from * 1_000_000_000, .breakLedger(rng.pick([.refusedCommits, .fullDisk]))))
            events.append((to * 1_000_000_000, .repairLedger))
        }
        events.append(((faultPeriod) * 1_000_000_000, .repairLedger))
        events.sort { $0.instant < $1.instant }
    }

    /// Runs to the end and returns all violations.
    func run() -> [String] {
        start()
        for event in events {
            loop.run(until: event.instant)
            perform(event.act)
        }
        if collection == nil { start() }
        settle()
        // Another recheck must not change the counts.
        loop.run(until: loop.now + (profile.recheckInterval + profile.interval) * 1_000_000_000)
        stop()
        check()
        return violations + appliance.violations + exposition.violations
    }

    private func perform(_ act: Act) {
        switch act {
        case .stop: stop()
        case .stopAtStep(let count):
            let limit = loop.steps + count
            loop.run(until: loop.now + 3_600_000_000_000) { [loop] in loop.steps >= limit }
            stop()
        case .start:
            if collection == nil { start() }
        case .breakLedger(let fault): onLedger { try? await $0.inject(fault) }
        case .repairLedger: onLedger { try? await $0.inject(nil) }
        }
    }

    private func onLedger(_ body: @escaping @Sendable (Ledger) async -> Void) {
        let ledger = ledger
        _ = loop.start { await body(ledger) }
        loop.runJobs()
    }

    private func start() {
        appliance.sent = []
        exposition.restart()
        let appliance = appliance
        let exposition = exposition
        let loop = loop
        let history = history
        let recorder = recorder
        let clocks = Clocks(
            monotonicNanoseconds: { loop.look() },
            wallMilliseconds: { appliance.trueTime + history.wallOffset(at: appliance.trueTime) },
            sleep: { (instant) async throws(CancellationError) in try await loop.sleep(until: instant) })
        let plans = [profile.plan("hq", connection: ApplianceConnection(to: appliance))]
        let board = Board()
        let publish: PollManager.Publish = { _, feed, families in
            guard feed == .modelBreaches else { return }
            board.families = families
            exposition.publish(families, wall: clocks.wallMilliseconds())
        }
        let collection = PollManager(
            plans: plans, ledger: ledger, clocks: clocks, seed: rng.next(),
            emit: { event in
                if recorder.isOpen { recorder.lines.append("\(loop.now / 1_000_000_000) \(event.kind)") }
            },
            publish: publish)
        let interval = profile.interval
        self.collection = loop.start { [ledger, mode] in
            guard mode == .timed else {
                return await collection.run(from: await PollManager.restore(plans, from: ledger, publish: publish))
            }
            while true {
                // Each run has its own request budget.
                appliance.sent = []
                let restored = await PollManager.restore(plans, from: ledger, publish: publish)
                let round = await collection.pollOnce(from: restored)
                guard !Task.isCancelled else { return }
                if let families = board.families { exposition.show(families) }
                try? await collection.release(round)
                do { try await loop.sleep(until: loop.now + interval * 1_000_000_000) } catch { return }
                board.families = nil
            }
        }
    }

    /// The families that a process published last.
    private final class Board: @unchecked Sendable {
        var families: [MetricFamily]?
    }

    private func stop() {
        guard let collection else { return }
        collection.task?.cancel()
        loop.runJobs()
        if !collection.isFinished { violations.append("polling did not end at once") }
        self.collection = nil
    }

    /// Runs without faults until everything is counted and exposed, up to a limit that no world may need.
    private func settle() {
        loop.run(until: (history.faultsEnd - History.origin) * 1_000_000)
        for _ in 0..<(profile.interval < 300 ? 400 : 100) {
            if let start = exposition.ledgerStart, let total = exposition.total,
                Int(total) == history.breaches.count(where: { $0.counts(since: start) })
            {
                return
            }
            loop.run(until: loop.now + profile.interval * 1_000_000_000)
        }
    }

    private func check() {
        let truth = ExpectedCounts(self)
        violations += truth.differences
        checkLateCounts()
        let box = Rows()
        let key = key
        onLedger { box.rows = (try? await $0.rows(key)) ?? [] }
        if profile.statusInterval > 0, appliance.statusCount == 0 { violations.append("/status was never requested") }
        for row in box.rows where row.value != row.exposedValue || row.isHeld {
            violations.append("\(row.key) is counted \(row.value) and exposed \(row.exposedValue)")
        }
    }

    /// Only records that were listed late may be counted as found late.
    private func checkLateCounts() {
        guard profile.honoursCreation, !profile.clocksStep else { return }
        let offset = history.applianceOffset(at: .min)
        let late = history.breaches.count { $0.isReadable && $0.listed > $0.creation - offset }
        if exposition.foundLate > late { violations.append("\(exposition.foundLate) were found late, \(late) were") }
    }

    private final class Rows: @unchecked Sendable {
        var rows: [LedgerRow] = []
    }
}
