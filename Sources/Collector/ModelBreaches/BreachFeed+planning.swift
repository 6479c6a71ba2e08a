import Darktrace
import Ledger

/// What to ask for next.
extension BreachFeed {
    private var plan: PollConfiguration { session.plan }
    private var recheckWindow: Int64 { Int64(seconds: plan.recheckWindow, unit: 1_000) }

    /// How much before the cursor is asked again: much more when only activity can be asked for, which may be hours
    /// older than the record.
    var overlap: Int64 {
        let overlap = Int64(seconds: plan.overlap, unit: 1_000)
        return metadata.usesActivityTime ? max(overlap, min(recheckWindow, 6 * 3_600_000)) : overlap
    }

    /// Marks are kept for 30 days, and four times as long as anything is asked again, before what still is.
    var retention: Int64 {
        max(30 * 86_400_000, 4 * max(overlap, recheckWindow + Recheck.clockMargin))
    }

    /// The book, or what it will be if the next answer is the first.
    var checkpointOrInitial: FeedCheckpoint {
        if let checkpoint { return checkpoint }
        let now = session.now
        let start = max(0, now - Int64(seconds: plan.initialLookback, unit: 1_000))
        return FeedCheckpoint(startMilliseconds: start, cursorMilliseconds: start)
    }

    /// Finds the way from the cursor, or goes on where the last tick ended.
    func planPoll() {
        let now = session.now
        if needsReplan || checkpoint == nil {
            // The way to the ledger's start begins further back, for records that were created after their activity;
            // a restart on that way, which moves no cursor, begins there again.
            let isBeforeStart = checkpoint.map { $0.cursorMilliseconds <= $0.startMilliseconds } ?? true
            let reach = isBeforeStart ? max(overlap, recheckWindow) : overlap
            let slices = catchUp?.windowSize ?? AdaptiveWindow(width: 86_400_000 + reach)
            catchUp = CatchUp(cursor: checkpointOrInitial.cursorMilliseconds, end: now, overlap: reach, slices: slices)
            needsReplan = false
        }
        catchUp?.beginPoll(end: now, overlap: overlap)
        guard recheck == nil, checkpoint?.isComplete == true else { return }
        let settled = metadata.recheckWatermark ?? now - recheckWindow
        let interval = Int64(seconds: plan.recheckInterval, unit: 1_000)
        let age = max(0, now - recheckWindow - settled)
        recheck = Recheck(
            settled: settled, window: recheckWindow, interval: interval,
            due: session.monotonic + max(0, interval - age) * 1_000_000)
    }

    /// The next request of this tick: newest data first, then the way to now, then the second look.
    func nextQuery() -> PlannedQuery? {
        if let pending = course.pending { return pending }
        let now = session.now
        if deferredPurpose == .recheck, let second = nextRecheck(now) { return second }
        if !course.isCaughtUp, let slice = catchUp?.slice(to: now) {
            if now - slice.end > overlap, checkpoint?.isComplete == true, !course.didQueryNewest,
                deferredPurpose != .catchUp
            {
                let width = min(newestWidth, catchUp?.windowSize.width ?? newestWidth)
                return plannedQuery(.newest, QueryWindow(start: now - max(width, 1_000), end: now), now)
            }
            return plannedQuery(.catchUp, slice, now)
        }
        return nextRecheck(now)
    }

    /// It looks at nothing that was not asked for before: what is new there was listed late.
    private func nextRecheck(_ now: Int64) -> PlannedQuery? {
        guard let checkpoint, checkpoint.isComplete,
            let next = recheck?.next(
                now: min(now, checkpoint.cursorMilliseconds), monotonic: session.monotonic,
                oldest: checkpoint.startMilliseconds - recheckWindow)
        else { return nil }
        return applyingDeferredForm(
            PlannedQuery(
                purpose: .recheck, window: next.window, now: now, byCreation: next.byCreation,
                wantsFullRecords: metadata.needsFullRecords))
    }

    private func plannedQuery(_ purpose: PlannedQuery.Purpose, _ window: QueryWindow, _ now: Int64) -> PlannedQuery {
        applyingDeferredForm(
            PlannedQuery(
                purpose: purpose, window: QueryWindow(start: max(0, window.start), end: window.end), now: now,
                byCreation: !metadata.usesActivityTime, wantsFullRecords: metadata.needsFullRecords))
    }

    /// Asks in the long form at once for what the last poll had to, and had no request left.
    private func applyingDeferredForm(_ errand: PlannedQuery) -> PlannedQuery {
        guard deferredPurpose == errand.purpose, !deferredIncompleteIDs.isEmpty else { return errand }
        var errand = errand
        errand.wantsFullRecords = true
        errand.incompleteIDs = deferredIncompleteIDs
        return errand
    }

    /// Halves what was asked for when the answer was too large or too slow; anything else ends the poll.
    func shrinkOrThrow(_ errand: PlannedQuery, _ refusal: APIError, _ attempt: Attempt) throws(PollError) {
        let isTooLarge = refusal.reason == .tooLarge
        if isWindowTooLarge(refusal, attempt), shrinkWindow(errand, refusal.reason) {
            if isTooLarge || allowsTimeoutRetry(errand, attempt) {
                course.consecutiveTimeouts += isTooLarge ? 0 : 1
                course.lastTimeout = isTooLarge ? nil : PollError(refusal, retryAfter: attempt.retryAfterSeconds)
                session.report(.windowShrunk(seconds: Double(errand.window.span) / 2_000, reason: refusal.reason))
                return
            }
        }
        if errand.purpose == .recheck { recheck?.postpone(monotonic: session.monotonic) }
        throw PollError(refusal, retryAfter: attempt.retryAfterSeconds)
    }

    /// Whether a slow answer leaves the poll another try.
    ///
    /// The next poll goes on with what this one learnt about width. If there is none, this one has to find a width that
    /// is answered, unless the appliance did not even take the request: half first, then the narrowest.
    private func allowsTimeoutRetry(_ errand: PlannedQuery, _ attempt: Attempt) -> Bool {
        let exchange = attempt.result
        if course.isOnlyPoll {
            return course.consecutiveTimeouts < 2 && (exchange.head != nil || exchange.phases.wait > 0)
        }
        let isWide = errand.window.span > 2 * (overlap + Int64(seconds: plan.pollInterval, unit: 1_000))
        return isWide && course.consecutiveTimeouts == 0
    }

    private func isWindowTooLarge(_ refusal: APIError, _ attempt: Attempt) -> Bool {
        switch refusal.reason {
        case .tooLarge, .timeout: true
        // Cut in the middle, or given up by a gateway that waited too long.
        case .malformed: attempt.result.head?.status == 200 && attempt.result.bodyBytes > 0
        case .server: attempt.result.head?.status == 504
        default: false
        }
    }

    private func shrinkWindow(_ errand: PlannedQuery, _ reason: APIError.Reason) -> Bool {
        let span = errand.window.span
        let toFloor = course.isOnlyPoll && course.consecutiveTimeouts > 0
        switch errand.purpose {
        case .catchUp:
            skipsUnreadableWindows = didWidenForUnreadable
            return catchUp?.windowSize.shrink(span, because: reason, toFloor: toFloor) ?? false
        case .recheck: return recheck?.windowSize.shrink(span, because: reason, toFloor: toFloor) ?? false
        case .newest:
            guard span > 1_000 else { return false }
            newestWidth = toFloor ? min(span / 2, AdaptiveWindow.narrowestBySlowness) : span / 2
            course.didQueryNewest = false
            return true
        }
    }

    /// Asks for the long form of the same window when records lack something that it may have.
    func requestFullRecords(_ errand: PlannedQuery, _ batch: BreachBatch) -> Bool {
        guard errand.wantsFullRecords else {
            let lacking = batch.incompleteIDs.subtracting(permanentlyIncompleteIDs)
            guard !lacking.isEmpty else { return false }
            var longer = errand
            longer.wantsFullRecords = true
            longer.incompleteIDs = lacking
            course.pending = longer
            return true
        }
        if batch.hasCompletedRecords {
            if !metadata.needsFullRecords { session.report(.switchedToFullRecords) }
            metadata.needsFullRecords = true
        } else {
            if permanentlyIncompleteIDs.count > 10_000 { permanentlyIncompleteIDs = [] }
            permanentlyIncompleteIDs.formUnion(errand.incompleteIDs.intersection(batch.incompleteIDs))
        }
        return false
    }

    /// An answer of which nothing can be read moves nothing, as if it had not come: when all records look strange,
    /// it is the exporter that does not know them, and its next version may.
    ///
    /// - Returns: Whether a wider slice is to be asked for in its place, and now.
    func widenAfterUnreadable(_ errand: PlannedQuery, _ batch: BreachBatch) throws(PollError) -> Bool {
        guard errand.purpose == .catchUp, batch.isAllUnreadable else {
            if errand.purpose == .catchUp, batch.readableCount > 0 {
                (didWidenForUnreadable, skipsUnreadableWindows) = (false, false)
            }
            return false
        }
        guard !skipsUnreadableWindows else { return false }
        reportUnreadable(batch)
        didWidenForUnreadable = true
        catchUp?.windowSize.widen()
        if course.isOnlyPoll, errand.window.end < errand.now { return true }
        counts.unreadable += batch.unreadableCount
        let detail = "none of \(batch.received) records could be read, so nothing was counted; please report it"
        throw .failed(PollReport.Failure(.records, detail), RetryPolicy(skipsBackoff: true))
    }
}
