import Darktrace
import Ledger
import Locking
import Metrics

/// The feed of model breaches: asks, folds, commits, shows.
final class BreachFeed: Feed {
    let kind = FeedKind.modelBreaches
    let session: ApplianceSession
    let ledger: Ledger
    let publish: @Sendable ([MetricFamily]) -> Void
    let key: FeedKey
    private var restored: LedgerSnapshot?

    // What the ledger holds, as of the last commit.
    var checkpoint: FeedCheckpoint?
    var metadata = FeedMetadata()
    var modelLimit: ModelLimit
    /// The families of breaches; nil when they are to be read.
    var cachedFamilies: [MetricFamily]?
    /// After a failure nobody knows what the ledger holds.
    var needsReload = true

    // How far the way has been gone, by this process alone.
    var catchUp: CatchUp?
    /// The way is to be found anew: from the book, with what was learnt about width.
    var needsReplan = true
    var recheck: Recheck?
    var newestWidth: Int64
    var holds: NewSeriesHolds
    /// Records that lack something even in the long form.
    var permanentlyIncompleteIDs: Set<Int64> = []
    var reportedKinds: Set<UnreadableRecord.Kind> = []
    var hasReportedOverflow = false
    /// Gets the records of each commit, each record once, and the labels that they were counted under.
    var onCommit: (([BreachBatch.Entry], _ models: [String], ModelLimit) -> Void)?

    /// A slice without a readable record was made wider, in search of one.
    var didWidenForUnreadable = false
    /// No wider slice could be had: the way goes on without what cannot be read.
    var skipsUnreadableWindows = false
    /// What the last poll had no request left for: it goes first now, so that nothing starves.
    var deferredPurpose: PlannedQuery.Purpose?
    /// Why that has to be asked for in the long form: the records that lacked something in the short one.
    var deferredIncompleteIDs: Set<Int64> = []

    // The poll under way.
    var counts = PollCounts()
    var course = PollProgress()

    /// What a poll has done so far.
    struct PollProgress {
        var requests = 0
        var didRetryForClock = false
        var isCaughtUp = false
        var didQueryNewest = false
        /// When the next tick is due, in nanoseconds of the monotonic clock.
        var deadline = Int64.max
        /// No other poll will come: what the next one would try belongs to this one.
        var isOnlyPoll: Bool { deadline == .max }
        /// Slow answers one after the other: each is narrowed, until the poll fails.
        var consecutiveTimeouts = 0
        /// Why the last request was given up as too slow, until another one went well.
        var lastTimeout: PollError?
        /// Asked for again in the long form.
        var pending: PlannedQuery?
    }

    /// - Parameter restored: What the ledger held just now, so that it need not be read again.
    init(
        line: ApplianceSession, ledger: Ledger, restored: LedgerSnapshot? = nil,
        publish: @escaping @Sendable ([MetricFamily]) -> Void
    ) {
        self.session = line
        self.ledger = ledger
        self.restored = restored
        self.publish = publish
        key = Self.key(of: line.plan.name)
        modelLimit = ModelLimit(limit: line.plan.maxModels)
        holds = NewSeriesHolds(nanoseconds: Int64(seconds: line.plan.newSeriesHold, unit: 1e9))
        newestWidth = Int64(seconds: line.plan.overlap, unit: 1_000)
    }

    /// Whose numbers it counts.
    static func key(of appliance: String) -> FeedKey {
        FeedKey(appliance: appliance, feed: FeedKind.modelBreaches.rawValue)
    }

    var timerDue: Int64? { holds.due }

    /// None while nobody knows whether what is shown is what the ledger holds.
    var heldSeries: (feed: FeedKey, rows: [RowKey]) { (key, cachedFamilies == nil ? [] : holds.keys) }

    /// Shows what the ledger holds from before.
    func restore() async {
        if let restored {
            restoreState(restored)
            self.restored = nil
        } else {
            try? await load()
        }
        await publishFamilies()
    }

    func poll(credentials: Credentials, until deadline: Int64) async throws(PollError) {
        course = PollProgress()
        course.deadline = deadline
        counts.counted = 0
        counts.unreadable = 0
        if needsReload {
            try await load()
            await publishFamilies()
        }
        planPoll()
        while let errand = nextQuery() {
            // Time has passed: the present is to be asked for, not what it was before.
            if try await waitForPermit(for: errand, until: deadline) { continue }
            (deferredPurpose, deferredIncompleteIDs) = (nil, [])
            if errand.purpose == .newest { course.didQueryNewest = true }
            try await run(errand, credentials)
        }
    }

    /// Waits until the budget lets the errand through, doing meanwhile what needs no request.
    ///
    /// - Returns: Whether it had to.
    private func waitForPermit(for errand: PlannedQuery, until deadline: Int64) async throws(PollError) -> Bool {
        var hasSlept = false
        while true {
            let now = session.monotonic
            await session.fireTimers(at: now)
            let earliest = session.nextPermit(canWait: errand.isLowPriority, now: now)
            guard max(now, earliest) < deadline || (course.requests == 0 && earliest <= now) else {
                guard course.requests == 0 else {
                    (deferredPurpose, deferredIncompleteIDs) = (errand.purpose, errand.incompleteIDs)
                    // A tick that ends after a narrowed request without an answer has not succeeded.
                    throw course.lastTimeout ?? .deadline
                }
                let detail = "no request left in this minute's budget: raise requests_per_minute or poll_interval"
                throw .failed(PollReport.Failure(.budget, detail), RetryPolicy(skipsBackoff: true))
            }
            guard earliest > now else { return hasSlept }
            hasSlept = true
            do { try await session.timeline.sleep(min(earliest, session.nextTimerDue)) } catch { throw .cancelled }
        }
    }

    private func run(_ errand: PlannedQuery, _ credentials: Credentials) async throws(PollError) {
        course.requests += 1
        course.pending = nil
        let limit = errand.window.span > AdaptiveWindow.narrowest ? session.plan.maxRecords : nil
        let batch = Locked(BreachBatch(window: errand.window, requestedIDs: errand.incompleteIDs))
        let request = ModelBreachesRequest(
            startMilliseconds: errand.window.start, endMilliseconds: errand.window.end,
            byCreation: errand.byCreation, minimal: !errand.wantsFullRecords)
        let reply = await session.send(request, credentials: credentials, isByClock: true) { record in
            batch.withLock {
                $0.add(record)
                return $0.received <= limit ?? .max
            }
        }
        guard !reply.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        if let refusal = reply.attempt.error {
            return try shrinkOrThrow(errand, refusal, reply.attempt)
        }
        if let step = reply.step, !course.didRetryForClock, canRetry(errand) {
            return retryWithNewClock(errand, step)
        }
        let received = batch.withLock { $0 }
        if requestFullRecords(errand, received) { return }
        if try widenAfterUnreadable(errand, received) { return }
        try await commit(errand, received, reply)
    }

    /// Whether this tick has a request left. Where every answer tells another clock, as two gateways may, a tick that
    /// has but one request would otherwise never count anything; the cursor heeds both clocks.
    private func canRetry(_ errand: PlannedQuery) -> Bool {
        let now = session.monotonic
        return max(now, session.nextPermit(canWait: errand.isLowPriority, now: now)) < course.deadline
    }

    /// The appliance's clock is not what the window was made for: the same is asked once more.
    private func retryWithNewClock(_ errand: PlannedQuery, _ step: Int64) {
        course.didRetryForClock = true
        course.isCaughtUp = false
        (deferredPurpose, deferredIncompleteIDs) = (errand.purpose, errand.incompleteIDs)
        // The overlap covers a small step, and where clocks differ all the time no way would ever come to its end.
        if step.magnitude > overlap.magnitude / 2 {
            needsReplan = true
            recheck?.restart()
        }
        planPoll()
    }
}
