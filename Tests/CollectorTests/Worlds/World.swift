import Collector
import Darktrace
import Ledger
import Metrics
import TestSupport

/// One run of the real collector, client and ledger through everything that can happen, decided by a seed.
final class World {
    let profile: FaultProfile
    /// The appliance that no reload changes.
    let main: Site
    /// An appliance whose configuration reloads change, in some worlds.
    private let other: Site?
    let loop = Loop()
    private var rng: SeededRNG
    private let ledger: Ledger
    private let mode: ProcessRun
    private var events: [(instant: Int64, act: Act)] = []
    private var process: Loop.Run?
    private var processCount = 0
    private var reloads: AsyncStream<[PollConfiguration]>.Continuation?
    private(set) var violations: [String] = []
    let recorder = EventRecorder()

    /// An appliance with its history, and what the exporter exposes of it.
    final class Site {
        let name: String
        let history: History
        let appliance: ModelAppliance
        let exposition: ExpositionChecker
        var configuration: PollConfiguration
        /// How many pollers have started.
        var starts = 0
        /// How often something was published.
        var publications = 0
        /// What a process published last of model breaches.
        var families: [MetricFamily]?
        let acknowledgements = CounterChecker(AcknowledgementMetrics.acknowledged)

        fileprivate init(
            _ name: String, _ profile: FaultProfile, _ history: History, loop: Loop, isPrinted: Bool,
            rng: SeededRNG
        ) {
            self.name = name
            self.history = history
            appliance = ModelAppliance(loop: loop, history: history, profile: profile, rng: rng)
            exposition = ExpositionChecker(of: name, loop: loop, profile: profile, isPrinted: isPrinted)
            configuration = profile.configuration(name, connection: ApplianceConnection(to: appliance, address: name))
        }

        /// Whether everything is counted and exposed.
        var isComplete: Bool {
            guard let start = exposition.ledgerStart, let total = exposition.total else { return false }
            return Int(total) == history.breaches.count { $0.counts(since: start) }
        }

        /// The acknowledged breaches by category, as the exporter must count them.
        func expectedAcknowledgements(since start: Int64) -> [String: Double] {
            var expected: [String: Double] = [:]
            for breach in history.breaches where breach.counts(since: start) && breach.acknowledged(at: .max) != nil {
                expected[breach.countedCategory, default: 0] += 1
            }
            return expected
        }
    }

    /// How the exporter runs.
    enum ProcessRun {
        /// A process polls on its schedule and serves what it publishes.
        case serving
        /// A timer starts a process that polls once, prints and exits.
        case timed
    }

    private enum Act {
        case stop, stopAtStep(Int), start, breakLedger(LedgerFault), repairLedger
        /// A reload that changes the other appliance, or removes it.
        case reload(overlap: Double?)
    }

    /// The reported events, for debugging.
    final class EventRecorder: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var isOpen = false
        var lines: [String] = []
    }

    init(seed: UInt64, mode: ProcessRun = .serving) throws {
        self.mode = mode
        var rng = SeededRNG(seed: seed)
        var profile = FaultProfile(&rng)
        profile.vary(by: seed)
        var downtimes: [Int64] = []
        for _ in 0..<profile.restarts { downtimes.append(rng.pick([0, 30, 3_600])) }
        let long: Int64 = profile.restarts > 0 && rng.once(in: 4) ? rng.pick(86_400...75 * 86_400) : 0
        let history = History(profile, downtime: long, &rng)
        self.profile = profile
        ledger = try Ledger(.memory, executor: loop)
        main = Site(
            "hq", profile, history, loop: loop, isPrinted: mode == .timed, rng: SeededRNG(seed: rng.next()))
        self.rng = rng
        // Other draws would change all worlds that are kept as regressions.
        var otherRNG = SeededRNG(seed: ~seed)
        if mode == .serving, profile.reloads > 0 {
            let otherHistory = History(profile, downtime: long, &otherRNG)
            other = Site(
                "branch", profile, otherHistory, loop: loop, isPrinted: false, rng: SeededRNG(seed: otherRNG.next()))
        } else {
            other = nil
        }
        schedule(downtimes, long)
        scheduleReloads(&otherRNG)
        events.sort { $0.instant < $1.instant }
    }

    private var sites: [Site] { [main] + (other.map { [$0] } ?? []) }

    private var faultPeriod: Int64 { (main.history.faultsEnd - History.origin) / 1_000 }

    private func schedule(_ downtimes: [Int64], _ long: Int64) {
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
    }

    private func scheduleReloads(_ rng: inout SeededRNG) {
        guard other != nil else { return }
        for _ in 0..<profile.reloads {
            let overlap = rng.once(in: 4) ? nil : Double(profile.overlap + rng.pick(0...600))
            events.append((rng.pick(0...faultPeriod) * 1_000_000_000, .reload(overlap: overlap)))
        }
        events.append((faultPeriod * 1_000_000_000, .reload(overlap: Double(profile.overlap))))
    }

    // MARK: Running

    /// Runs to the end and returns all violations.
    func run() -> [String] {
        start()
        for event in events {
            loop.run(until: event.instant)
            perform(event.act)
        }
        if process == nil { start() }
        settle()
        settleAcknowledgements()
        // Another recheck must not change the counts.
        loop.run(until: loop.now + (profile.recheckInterval + profile.interval) * 1_000_000_000)
        stop()
        for site in sites { check(site) }
        if main.starts > processCount { violations.append("a reload restarted an appliance that it did not change") }
        return violations
    }

    private func perform(_ act: Act) {
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
        if let overlap { other.configuration.overlap = overlap }
        let before = main.publications
        reloads?.yield(overlap == nil ? [main.configuration] : sites.map(\.configuration))
        loop.runJobs()
        if main.publications != before { violations.append("a reload changed what an untouched appliance exposes") }
    }

    private func onLedger(_ body: @escaping @Sendable (Ledger) async -> Void) {
        let ledger = ledger
        _ = loop.start { await body(ledger) }
        loop.runJobs()
    }

    private func start() {
        processCount += 1
        for site in sites {
            site.appliance.beginProcess()
            site.exposition.restart()
        }
        let exporter = Exporter(self)
        let (changes, continuation) = AsyncStream<[PollConfiguration]>.makeStream(bufferingPolicy: .bufferingNewest(1))
        reloads = continuation
        process = loop.start { [mode] in
            switch mode {
            case .serving: await exporter.serve(changes)
            case .timed: await exporter.runByTimer()
            }
        }
    }

    /// One process of the exporter.
    private final class Exporter: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        private let ledger: Ledger
        private let loop: Loop
        private let interval: Int64
        private let sites: [String: Site]
        private let manager: PollManager
        private let configurations: [PollConfiguration]
        private let publish: PollManager.Publish

        init(_ world: World) {
            ledger = world.ledger
            loop = world.loop
            interval = world.profile.interval
            configurations = world.sites.map(\.configuration)
            let (loop, history, recorder) = (world.loop, world.main.history, world.recorder)
            let sites = Unchecked(value: Dictionary(uniqueKeysWithValues: world.sites.map { ($0.name, $0) }))
            self.sites = sites.value
            let wall = { @Sendable in
                let time = History.origin + loop.now / 1_000_000
                return time + history.wallOffset(at: time)
            }
            let clocks = Clocks(
                monotonicNanoseconds: { loop.look() }, wallMilliseconds: wall,
                sleep: { (instant) async throws(CancellationError) in try await loop.sleep(until: instant) })
            publish = { name, feed, families in
                guard let site = sites.value[name] else { return }
                site.publications += 1
                if feed == .acknowledgements { site.acknowledgements.publish(families) }
                guard feed == .modelBreaches else { return }
                site.families = families
                site.exposition.publish(families, wall: wall())
            }
            manager = PollManager(
                configurations: configurations, ledger: ledger, clocks: clocks, seed: world.rng.next(),
                emit: { event in
                    if case .started = event.kind { sites.value[event.appliance]?.starts += 1 }
                    if recorder.isOpen {
                        recorder.lines.append("\(loop.now / 1_000_000_000) \(event.appliance) \(event.kind)")
                    }
                },
                publish: publish)
        }

        func serve(_ changes: AsyncStream<[PollConfiguration]>) async {
            let restored = await PollManager.restore(configurations, from: ledger, publish: publish)
            await manager.run(changes: changes, from: restored)
        }

        func runByTimer() async {
            while true {
                // Each run has its own request budget.
                for site in sites.values { site.appliance.beginProcess() }
                let restored = await PollManager.restore(configurations, from: ledger, publish: publish)
                let result = await manager.pollOnce(from: restored)
                guard !Task.isCancelled else { return }
                for site in sites.values { if let families = site.families { site.exposition.show(families) } }
                try? await manager.release(result)
                do { try await loop.sleep(until: loop.now + interval * 1_000_000_000) } catch { return }
                for site in sites.values { site.families = nil }
            }
        }

        private struct Unchecked<Value>: @unchecked Sendable {
            let value: Value
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

    /// Runs without faults until everything is counted and exposed, up to a limit that no world may need.
    private func settle() {
        loop.run(until: (main.history.faultsEnd - History.origin) * 1_000_000)
        for _ in 0..<(profile.interval < 300 ? 400 : 100) where !sites.allSatisfy(\.isComplete) {
            loop.run(until: loop.now + profile.interval * 1_000_000_000)
        }
    }

    /// Runs until all acknowledgements are counted, for four days at most.
    ///
    /// Polls of acknowledgements are at most an hour apart, and with the smallest budget and an appliance that is too slow
    /// for the window each one makes a single step: it reads a part of the list or of the full records, or learns that
    /// the part must be narrower. The slowest world seen has one request a minute for eight feeds, and responses of at most
    /// four records: it needs a day and a half.
    private func settleAcknowledgements() {
        guard profile.feeds[.acknowledgements] != nil else { return }
        // The last acknowledgement is two and a half hours after the last breach.
        loop.run(until: max(loop.now, (main.history.faultsEnd - History.origin) * 1_000_000) + 3 * Self.hour)
        let limit = loop.now + 96 * Self.hour
        while loop.now < limit, !sites.allSatisfy({ acknowledgementDifferences($0).isEmpty }) {
            loop.run(until: loop.now + profile.interval * 1_000_000_000)
        }
        if recorder.isOpen { recorder.lines.append("\(loop.now / 1_000_000_000) acknowledgements are settled") }
    }

    private static let hour: Int64 = 3_600_000_000_000

    // MARK: The truth

    private func check(_ site: Site) {
        violations += ExpectedCounts(site, profile).differences.map { "\(site.name): \($0)" }
        violations += (site.appliance.violations + site.exposition.violations).map { "\(site.name): \($0)" }
        checkLateCounts(site)
        if profile.feeds[.acknowledgements] != nil { checkAcknowledgements(site) }
        for feed in profile.feeds.keys where profile.feeds[feed] != 0 && site.appliance.feedRequests[feed.path] == nil {
            violations.append("\(site.name): \(feed.path) was never requested")
        }
        let box = Rows()
        let key = FeedKey(appliance: site.name, feed: FeedKind.modelBreaches.name)
        onLedger { box.rows = (try? await $0.rows(key)) ?? [] }
        for row in box.rows where row.value != row.exposedValue || row.isHeld {
            violations.append("\(site.name): \(row.key) is counted \(row.value) and exposed \(row.exposedValue)")
        }
    }

    private func checkAcknowledgements(_ site: Site) {
        violations += site.acknowledgements.violations.map { "\(site.name): \($0)" }
        violations += acknowledgementDifferences(site).map { "\(site.name): \($0)" }
    }

    private func acknowledgementDifferences(_ site: Site) -> [String] {
        let box = Rows()
        let key = FeedKey(appliance: site.name, feed: FeedKind.acknowledgements.name)
        onLedger { box.start = (try? await $0.checkpoint(key))?.startMilliseconds }
        guard let start = box.start else { return ["no acknowledgements"] }
        let expected = site.expectedAcknowledgements(since: start)
        let exposed = site.acknowledgements.last.filter { $0.value != 0 }
        // By activity time, breaches at the very start of the ledger may be outside every window.
        let isExact = profile.honoursCreation
        return Set(expected.keys).union(exposed.keys).sorted().compactMap { category in
            let (truth, counted) = (expected[category] ?? 0, exposed[category] ?? 0)
            guard isExact ? truth != counted : counted > truth else { return nil }
            return "\(counted) \(category) acknowledgements exposed, true \(truth)"
        }
    }

    /// Only records that were listed late may be counted as found late.
    private func checkLateCounts(_ site: Site) {
        guard profile.honoursCreation, !profile.clocksStep else { return }
        let offset = site.history.applianceOffset(at: .min)
        let late = site.history.breaches.count { $0.isReadable && $0.listed > $0.creation - offset }
        if site.exposition.foundLate > late {
            violations.append("\(site.name): \(site.exposition.foundLate) were found late, \(late) were")
        }
    }

    private final class Rows: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var rows: [LedgerRow] = []
        var start: Int64?
    }
}
