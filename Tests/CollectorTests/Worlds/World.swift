import Collector
import Darktrace
import Ledger
import Metrics

/// One run of the real collector, client and ledger through everything that can happen, decided by a seed.
final class World {
    let climate: FaultProfile
    let history: History
    let appliance: ModelAppliance
    let exposure: ExpositionChecker
    let loop = Loop()
    private var dice: SeededRNG
    private let ledger: Ledger
    private let life: ProcessRun
    private let key = FeedKey(appliance: "hq", feed: "modelbreaches")
    private var events: [(instant: Int64, act: Act)] = []
    private var collection: Loop.Run?
    private(set) var complaints: [String] = []
    let diary = EventRecorder()

    /// What a process does.
    enum ProcessRun {
        /// It polls on its agenda and serves what is published.
        case serving
        /// A timer starts it, it polls once, prints and ends: what is seen are the prints.
        case timed
    }

    private enum Act {
        case stop, stopAtStep(Int), start, breakLedger(Fault), mendLedger
    }

    /// What was reported, for whoever looks for the cause.
    final class EventRecorder: @unchecked Sendable {
        var isOpen = false
        var lines: [String] = []
    }

    /// - Parameter statusInterval: Of the polls of `/status`, in seconds; 0 is none.
    init(seed: UInt64, life: ProcessRun = .serving, statusInterval: Int64 = 0) throws {
        self.life = life
        var dice = SeededRNG(seed: seed)
        var climate = FaultProfile(&dice)
        climate.vary(by: seed)
        climate.statusInterval = statusInterval
        climate.forbidsStatus = seed % 5 == 0
        var downtimes: [Int64] = []
        for _ in 0..<climate.restarts { downtimes.append(dice.pick([0, 30, 3_600])) }
        let long: Int64 = climate.restarts > 0 && dice.once(in: 4) ? dice.pick(86_400...75 * 86_400) : 0
        let history = History(climate, downtime: long, &dice)
        self.climate = climate
        self.history = history
        ledger = try Ledger(.memory, executor: loop)
        appliance = ModelAppliance(loop: loop, history: history, climate: climate, dice: SeededRNG(seed: dice.next()))
        self.dice = dice
        exposure = ExpositionChecker(loop: loop, climate: climate, isPrinted: life == .timed)
        schedule(downtimes, long)
    }

    private func schedule(_ downtimes: [Int64], _ long: Int64) {
        let storm = (history.stormEnd - History.origin) / 1_000
        var free: Int64 = 0
        for (index, downtime) in downtimes.enumerated() {
            let stop = min(storm, dice.pick(free...free + climate.storm / 3))
            events.append((stop * 1_000_000_000, dice.once(in: 2) ? .stopAtStep(Int(dice.pick(1...400))) : .stop))
            free = min(storm, stop + 1 + (index == 0 && long > 0 ? long : downtime))
            events.append((free * 1_000_000_000, .start))
        }
        if dice.once(in: 3) {
            let from = dice.pick(0...storm)
            let to = min(storm, from + dice.pick(1...3_600))
            events.append((from * 1_000_000_000, .breakLedger(dice.pick([.refusedCommits, .fullDisk]))))
            events.append((to * 1_000_000_000, .mendLedger))
        }
        events.append(((storm) * 1_000_000_000, .mendLedger))
        events.sort { $0.instant < $1.instant }
    }

    /// Runs to the end and returns what is wrong.
    func run() -> [String] {
        start()
        for event in events {
            loop.run(until: event.instant)
            perform(event.act)
        }
        if collection == nil { start() }
        settle()
        // What was counted must stay so when everything is asked for once more.
        loop.run(until: loop.now + (climate.recheckInterval + climate.interval) * 1_000_000_000)
        stop()
        judge()
        return complaints + appliance.complaints + exposure.complaints
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
        case .mendLedger: onLedger { try? await $0.inject(nil) }
        }
    }

    private func onLedger(_ body: @escaping @Sendable (Ledger) async -> Void) {
        let ledger = ledger
        _ = loop.start { await body(ledger) }
        loop.runJobs()
    }

    private func start() {
        appliance.sent = []
        exposure.restart()
        let appliance = appliance
        let exposure = exposure
        let loop = loop
        let history = history
        let diary = diary
        let timeline = Clocks(
            monotonicNanoseconds: { loop.look() },
            wallMilliseconds: { appliance.trueTime + history.wallOffset(at: appliance.trueTime) },
            sleep: { (instant) async throws(CancellationError) in try await loop.sleep(until: instant) })
        let client = Client(transport: appliance, dateFormat: .spaced, timeout: 30, userAgent: "world")
        let plans = [climate.plan("hq", client: client)]
        let board = Board()
        let publish: PollManager.Publish = { _, feed, families in
            guard feed == .modelBreaches else { return }
            board.families = families
            exposure.publish(families, wall: timeline.wallMilliseconds())
        }
        let collection = PollManager(
            plans: plans, ledger: ledger, timeline: timeline, seed: dice.next(),
            emit: { event in
                if diary.isOpen { diary.lines.append("\(loop.now / 1_000_000_000) \(event.kind)") }
            },
            publish: publish)
        let interval = climate.interval
        self.collection = loop.start { [ledger, life] in
            guard life == .timed else {
                return await collection.run(from: await PollManager.restore(plans, from: ledger, publish: publish))
            }
            while true {
                // Each run has a budget of its own.
                appliance.sent = []
                let restored = await PollManager.restore(plans, from: ledger, publish: publish)
                let round = await collection.pollOnce(from: restored)
                guard !Task.isCancelled else { return }
                if let families = board.families { exposure.show(families) }
                try? await collection.release(round)
                do { try await loop.sleep(until: loop.now + interval * 1_000_000_000) } catch { return }
                board.families = nil
            }
        }
    }

    /// What a process has published last.
    private final class Board: @unchecked Sendable {
        var families: [MetricFamily]?
    }

    private func stop() {
        guard let collection else { return }
        collection.task?.cancel()
        loop.runJobs()
        if !collection.isFinished { complaints.append("the collection did not end at once") }
        self.collection = nil
    }

    /// Goes on in fine weather until all is counted and told, up to a limit that nothing may need.
    private func settle() {
        loop.run(until: (history.stormEnd - History.origin) * 1_000_000)
        for _ in 0..<(climate.interval < 300 ? 400 : 100) {
            if let start = exposure.ledgerStart, let total = exposure.total,
                Int(total) == history.breaches.count(where: { $0.counts(since: start) })
            {
                return
            }
            loop.run(until: loop.now + climate.interval * 1_000_000_000)
        }
    }

    private func judge() {
        let truth = ExpectedCounts(self)
        complaints += truth.differences
        judgePromptness()
        let box = Rows()
        let key = key
        onLedger { box.rows = (try? await $0.rows(key)) ?? [] }
        if climate.statusInterval > 0, appliance.statusCount == 0 { complaints.append("/status was never asked") }
        for row in box.rows where row.value != row.exposedValue || row.isHeld {
            complaints.append("\(row.key) is counted \(row.value) and told \(row.exposedValue)")
        }
    }

    /// Whatever was listed at its creation is found on the way: the recheck must not hide that it was not.
    private func judgePromptness() {
        guard climate.heedsCreation, !climate.clocksStep else { return }
        let offset = history.applianceOffset(at: .min)
        let late = history.breaches.count { $0.isReadable && $0.listed > $0.creation - offset }
        if exposure.foundLate > late { complaints.append("\(exposure.foundLate) were found late, \(late) were") }
    }

    private final class Rows: @unchecked Sendable {
        var rows: [LedgerRow] = []
    }
}
