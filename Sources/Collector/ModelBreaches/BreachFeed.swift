import Darktrace
import Ledger
import Metrics

/// The feed of model breaches: asks, folds, commits, shows.
final class BreachFeed: Feed {
    let kind = FeedKind.modelBreaches
    let line: Line
    let ledger: Ledger
    let publish: @Sendable ([Family]) -> Void
    let key: FeedKey
    private var restored: Reading?

    // What the ledger holds, as of the last commit.
    var book: Book?
    var notes = FeedNotes()
    var bound: SeriesBound
    /// The families of breaches; nil when they are to be read.
    var shown: [Family]?
    /// After a failure nobody knows what the ledger holds.
    var mustLoad = true

    // How far the way has been gone, by this process alone.
    var sweep: Sweep?
    /// The way is to be found anew: from the book, with what was learnt about width.
    var hasLostWay = true
    var recheck: Recheck?
    var tailWidth: Int64
    var holds: Holds
    /// Records that lack something even in the long form.
    var hopeless: Set<Int64> = []
    var reportedKinds: Set<UnreadableRecord.Kind> = []
    var hasReportedOverflow = false
    /// Gets the records of each commit, each record once, and the labels that they were counted under.
    var witness: (([Batch.Entry], _ models: [String], SeriesBound) -> Void)?

    /// A slice without a readable record was made wider, in search of one.
    var hasWidened = false
    /// No wider slice could be had: the way goes on without what cannot be read.
    var passesUnreadable = false
    /// What the last poll had no request left for: it goes first now, so that nothing starves.
    var owed: Errand.Purpose?
    /// Why that has to be asked for in the long form: the records that lacked something in the short one.
    var owedLacking: Set<Int64> = []

    // The poll under way.
    var tally = Tally()
    var course = Course()

    /// What a poll has done so far.
    struct Course {
        var requests = 0
        var hasFollowedClock = false
        var hasSwept = false
        var hasSeenTail = false
        /// When the next tick is due, in nanoseconds of the monotonic clock.
        var deadline = Int64.max
        /// No other poll will come: what the next one would try belongs to this one.
        var isLast: Bool { deadline == .max }
        /// Slow answers one after the other: each is narrowed, until the poll fails.
        var slowAnswers = 0
        /// Why the last request was given up as too slow, until another one went well.
        var slowness: Interruption?
        /// Asked for again in the long form.
        var pending: Errand?
    }

    /// - Parameter restored: What the ledger held just now, so that it need not be read again.
    init(line: Line, ledger: Ledger, restored: Reading? = nil, publish: @escaping @Sendable ([Family]) -> Void) {
        self.line = line
        self.ledger = ledger
        self.restored = restored
        self.publish = publish
        key = Self.key(of: line.plan.name)
        bound = SeriesBound(limit: line.plan.maxModels)
        holds = Holds(nanoseconds: Int64(seconds: line.plan.newSeriesHold, unit: 1e9))
        tailWidth = Int64(seconds: line.plan.overlap, unit: 1_000)
    }

    /// Whose numbers it counts.
    static func key(of appliance: String) -> FeedKey {
        FeedKey(appliance: appliance, feed: FeedKind.modelBreaches.rawValue)
    }

    var chore: Int64? { holds.due }

    /// None while nobody knows whether what is shown is what the ledger holds.
    var held: (feed: FeedKey, rows: [RowKey]) { (key, shown == nil ? [] : holds.keys) }

    /// Shows what the ledger holds from before.
    func open() async {
        if let restored {
            adopt(restored)
            self.restored = nil
        } else {
            try? await load()
        }
        await show()
    }

    func poll(credentials: Credentials, until deadline: Int64) async throws(Interruption) {
        course = Course()
        course.deadline = deadline
        tally.counted = 0
        tally.unreadable = 0
        if mustLoad {
            try await load()
            await show()
        }
        beginTick()
        while let errand = nextErrand() {
            // Time has passed: the present is to be asked for, not what it was before.
            if try await hasWaited(for: errand, until: deadline) { continue }
            (owed, owedLacking) = (nil, [])
            if errand.purpose == .tail { course.hasSeenTail = true }
            try await run(errand, credentials)
        }
    }

    /// Waits until the budget lets the errand through, doing meanwhile what needs no request.
    ///
    /// - Returns: Whether it had to.
    private func hasWaited(for errand: Errand, until deadline: Int64) async throws(Interruption) -> Bool {
        var hasSlept = false
        while true {
            let now = line.monotonic
            await line.doChores(at: now)
            let earliest = line.earliest(canWait: errand.canWait, now: now)
            guard max(now, earliest) < deadline || (course.requests == 0 && earliest <= now) else {
                guard course.requests == 0 else {
                    (owed, owedLacking) = (errand.purpose, errand.lacking)
                    // A tick that ends after a narrowed request without an answer has not succeeded.
                    throw course.slowness ?? .deadline
                }
                let detail = "no request left in this minute's budget: raise requests_per_minute or poll_interval"
                throw .failed(Poll.Failure(.budget, detail), Setback(isLocal: true))
            }
            guard earliest > now else { return hasSlept }
            hasSlept = true
            do { try await line.timeline.sleep(min(earliest, line.nextChore)) } catch { throw .cancelled }
        }
    }

    private func run(_ errand: Errand, _ credentials: Credentials) async throws(Interruption) {
        course.requests += 1
        course.pending = nil
        let limit = errand.window.span > Slices.narrowest ? line.plan.maxRecords : nil
        let intake = Intake(window: errand.window, limit: limit, lacking: errand.lacking)
        let request = ModelBreachesRequest(
            startMilliseconds: errand.window.start, endMilliseconds: errand.window.end,
            byCreation: errand.byCreation, minimal: !errand.isLong)
        let reply = await line.send(request, credentials: credentials, isByClock: true, take: intake.take)
        guard !reply.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        if let refusal = reply.attempt.refusal {
            return try narrow(errand, refusal, reply.attempt)
        }
        if let step = reply.step, !course.hasFollowedClock, mayAskAgain(errand) {
            return followClock(errand, step)
        }
        let batch = intake.finish()
        if asksLonger(errand, batch) { return }
        if try looksFurther(errand, batch) { return }
        try await commit(errand, batch, reply)
    }

    /// Whether this tick has a request left. Where every answer tells another clock, as two gateways may, a tick that
    /// has but one request would otherwise never count anything; the cursor heeds both clocks.
    private func mayAskAgain(_ errand: Errand) -> Bool {
        let now = line.monotonic
        return max(now, line.earliest(canWait: errand.canWait, now: now)) < course.deadline
    }

    /// The appliance's clock is not what the window was made for: the same is asked once more.
    private func followClock(_ errand: Errand, _ step: Int64) {
        course.hasFollowedClock = true
        course.hasSwept = false
        (owed, owedLacking) = (errand.purpose, errand.lacking)
        // The overlap covers a small step, and where clocks differ all the time no way would ever come to its end.
        if step.magnitude > overlap.magnitude / 2 {
            hasLostWay = true
            recheck?.restart()
        }
        beginTick()
    }
}
