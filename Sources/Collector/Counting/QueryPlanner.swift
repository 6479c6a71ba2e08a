import Darktrace

/// Decides what a counted feed requests next: a pure state machine.
///
/// The feed performs each action and reports its outcome. The planner never sleeps, reads a clock, logs or throws.
struct QueryPlanner: Sendable, Equatable {
    /// The checkpoint of the last commit; nil before the first.
    private(set) var checkpoint: Checkpoint?

    private let settings: Settings
    private var phase = Phase.planning
    private var poll = Poll()
    /// Nil when it has to be planned from the checkpoint.
    private var catchUp: CatchUp?
    /// The width of catch-up windows; nil before the first plan.
    private var windowSize: AdaptiveWindow?
    private var newestWidth: Duration
    /// Nil until the whole first lookback is committed.
    private var recheck: Recheck?
    private var unreadableSearch = UnreadableSearch.none
    /// The query that the last poll had no request left for. It comes first now, so that nothing starves.
    private var deferred: Deferred?
    /// Records that are incomplete even as full records, and since when; they are requested again after a day.
    private var incomplete = IncompleteRecords()

    init(_ settings: Settings) {
        self.settings = settings
        newestWidth = settings.overlap
    }

    // MARK: Inputs

    /// Continues from what the ledger holds: at the start and after a failed commit.
    mutating func restore(_ checkpoint: Checkpoint?) {
        self.checkpoint = checkpoint
        catchUp = nil
        recheck = nil
        phase = .planning
    }

    /// Starts a poll.
    ///
    /// - Parameter deadline: When the next poll is due; nil when this is the only one.
    mutating func beginPoll(until deadline: MonotonicInstant?, at now: Now) {
        phase = .planning
        poll = Poll(deadline: deadline)
        plan(at: now)
    }

    /// The next action of the poll.
    mutating func next(at now: Now) -> Action {
        guard let query = nextQuery(at: now) else { return .finish }
        let permit = permit(for: query, at: now)
        guard isInTime(query, at: now) || (!poll.hasSentRequest && permit <= now.monotonic) else {
            guard poll.hasSentRequest else { return .fail(.budget) }
            deferred = Deferred(query)
            // A poll that ends after a timeout, without a response to the narrower window, has not succeeded.
            return poll.timeouts.unresolved.map { .fail(.request($0)) } ?? .finish
        }
        guard permit <= now.monotonic else { return .wait(until: permit) }
        deferred = nil
        poll.repetition = nil
        poll.hasSentRequest = true
        if query.purpose == .newest { poll.didQueryNewest = true }
        phase = .requesting(query)
        return .request(query)
    }

    /// The action after the outcome of the last one.
    mutating func received(_ outcome: Outcome, at now: Now) -> Action {
        let last = phase
        phase = .planning
        switch (last, outcome) {
        case (.requesting(let query), .failed(let failure)): return shrinkOrFail(query, failure, now)
        case (.requesting(let query), .response(let response)): return evaluate(response, query, now)
        case (.committing(let commit), .committed): return didCommit(commit, now)
        default: return next(at: now)
        }
    }

    // MARK: Planning

    /// Plans catch-up from the cursor, or continues where the last poll ended.
    private mutating func plan(at now: Now) {
        let overlap = overlap
        if catchUp == nil || checkpoint == nil {
            // Before the cursor has moved, catch-up starts further back, for records created after their activity.
            let isAtStart = checkpoint.map { $0.cursor <= $0.start } ?? true
            let reach = isAtStart && settings.hasActivityTime ? max(overlap, settings.recheckWindow) : overlap
            if windowSize == nil { windowSize = AdaptiveWindow(width: .day + reach) }
            let cursor = checkpoint?.cursor ?? settings.newStart(at: now.appliance, exporter: now.exporter).start
            catchUp = CatchUp(cursor: cursor, end: now.appliance, overlap: reach)
        }
        catchUp?.beginPoll(end: now.appliance, overlap: overlap)
        planRecheck(at: now)
    }

    private mutating func planRecheck(at now: Now) {
        guard recheck == nil, let checkpoint, checkpoint.isComplete else { return }
        recheck = Recheck(watermark: checkpoint.recheckWatermark, settings, at: now)
    }

    /// The next query of this poll: newest records first, then catch-up, then the recheck.
    private mutating func nextQuery(at now: Now) -> PlannedQuery? {
        if let repetition = poll.repetition { return repetition }
        if deferred?.purpose == .recheck, let query = nextRecheck(at: now) { return query }
        let width = windowSize?.width ?? .day
        guard let window = catchUp?.window(to: now.appliance, width: width) else { return nextRecheck(at: now) }
        let isFarBehind = now.appliance - window.end > overlap
        if isFarBehind, checkpoint?.isComplete == true, !poll.didQueryNewest, deferred?.purpose != .catchUp {
            let width = max(min(newestWidth, width), AdaptiveWindow.narrowest)
            return query(.newest, QueryWindow(start: now.appliance - width, end: now.appliance), at: now)
        }
        return query(.catchUp, window, at: now)
    }

    /// A recheck requests nothing that was not requested before: what is new was listed late.
    private mutating func nextRecheck(at now: Now) -> PlannedQuery? {
        guard let checkpoint, checkpoint.isComplete,
            let next = recheck?.next(
                now: min(now.appliance, checkpoint.cursor), monotonic: now.monotonic,
                oldest: checkpoint.start - settings.recheckWindow)
        else { return nil }
        return query(.recheck, next.window, byCreation: next.byCreation, at: now)
    }

    private func query(
        _ purpose: PlannedQuery.Purpose, _ window: QueryWindow, byCreation: Bool? = nil, at now: Now
    ) -> PlannedQuery {
        let wantsDetails = settings.wantsDetails && checkpoint?.isComplete == true
        let isFull = wantsDetails || checkpoint?.needsFullRecords == true
        var form = isFull ? PlannedQuery.Form.full(incompleteIDs: []) : .short
        if let deferred, deferred.purpose == purpose, !deferred.incompleteIDs.isEmpty {
            form = .full(incompleteIDs: deferred.incompleteIDs)
        }
        return PlannedQuery(
            purpose: purpose, window: QueryWindow(start: max(.epoch, window.start), end: window.end),
            now: now.appliance, byCreation: byCreation ?? !usesActivityTime, form: form, wantsDetails: wantsDetails)
    }

    /// Whether the request budget permits the query before the next poll is due.
    private func isInTime(_ query: PlannedQuery, at now: Now) -> Bool {
        poll.deadline.map { max(now.monotonic, permit(for: query, at: now)) < $0 } ?? true
    }

    /// When the request budget permits the query. One that the last poll deferred has waited long enough: otherwise a
    /// small budget, used up by what recurs, would defer it forever.
    private func permit(for query: PlannedQuery, at now: Now) -> MonotonicInstant {
        query.isLowPriority && deferred?.purpose != query.purpose ? now.lowPriorityPermit : now.permit
    }

    private var usesActivityTime: Bool { checkpoint?.usesActivityTime ?? false }
    private var overlap: Duration { settings.overlap(byActivity: usesActivityTime) }

    // MARK: Failed requests

    /// Shrinks the window when the response was too large or too slow; any other failure ends the poll.
    private mutating func shrinkOrFail(_ query: PlannedQuery, _ failure: FailedRequest, _ now: Now) -> Action {
        let reason = failure.error.reason
        if failure.isWindowTooLarge, shrinkWindow(of: query, because: reason) {
            if reason == .tooLarge {
                poll.timeouts.unresolved = nil
                return .reportShrunkWindow(query.window.span / 2, because: reason)
            }
            if allowsTimeoutRetry(query, failure) {
                poll.timeouts.count += 1
                poll.timeouts.unresolved = failure
                return .reportShrunkWindow(query.window.span / 2, because: reason)
            }
        }
        if query.purpose == .recheck { recheck?.postpone(at: now.monotonic) }
        return .fail(.request(failure))
    }

    /// Whether the poll may retry after a slow response.
    ///
    /// The next poll continues with the narrower window. The only poll has to find a width that succeeds, unless the
    /// appliance did not even receive the request: half the width first, then the narrowest.
    private func allowsTimeoutRetry(_ query: PlannedQuery, _ failure: FailedRequest) -> Bool {
        if poll.isOnlyPoll { return poll.timeouts.count < 2 && failure.reachedAppliance }
        let isWide = query.window.span > (overlap + settings.pollInterval) * 2
        return isWide && poll.timeouts.count == 0
    }

    private mutating func shrinkWindow(of query: PlannedQuery, because reason: APIError.Reason) -> Bool {
        let span = query.window.span
        let toFloor = poll.isOnlyPoll && poll.timeouts.count > 0
        switch query.purpose {
        case .catchUp:
            if unreadableSearch == .widening { unreadableSearch = .exhausted }
            return windowSize?.shrink(span, because: reason, toFloor: toFloor) ?? false
        case .recheck:
            return recheck?.windowSize.shrink(span, because: reason, toFloor: toFloor) ?? false
        case .newest:
            guard span > AdaptiveWindow.narrowest else { return false }
            let half = span.divided(by: 2)
            newestWidth = toFloor ? min(half, AdaptiveWindow.narrowestBySlowness) : half
            poll.didQueryNewest = false
            return true
        }
    }

    // MARK: Responses

    private mutating func evaluate(_ response: Response, _ query: PlannedQuery, _ now: Now) -> Action {
        if let step = response.step, !poll.didRetryForClock, isInTime(query, at: now) {
            retryWithNewClock(query, step, now)
            return next(at: now)
        }
        if needsRepetition(query, response.summary, now) { return next(at: now) }
        if let action = searchReadableRecord(query, response.summary, now) { return action }
        let commit = Commit(
            query, response, after: checkpoint, recheckWatermark: recheck?.watermark(after: query.window),
            settings: settings, now: now)
        phase = .committing(commit)
        return .commit(commit)
    }

    /// The appliance's clock is not what the window was planned with, so the query is planned again, once in a poll.
    ///
    /// Where every response shows another clock, as two gateways may, a poll with one request left would otherwise
    /// never count anything.
    private mutating func retryWithNewClock(_ query: PlannedQuery, _ step: Duration, _ now: Now) {
        poll.didRetryForClock = true
        deferred = Deferred(query)
        // The overlap covers a small step. Replanning at each one would never end where clocks always differ.
        if max(step, .zero - step) > overlap / 2 {
            catchUp = nil
            recheck?.restart()
        }
        plan(at: now)
    }

    /// Plans to repeat a query for full records when short records are incomplete; remembers what never is complete.
    private mutating func needsRepetition(_ query: PlannedQuery, _ summary: ResponseSummary, _ now: Now) -> Bool {
        switch query.form {
        case .short:
            guard settings.requestsFullRecords || checkpoint?.isComplete != true else { return false }
            let incomplete = summary.incompleteIDs.subtracting(incomplete.ids(at: now.monotonic))
            guard !incomplete.isEmpty else { return false }
            var repetition = query
            repetition.form = .full(incompleteIDs: incomplete)
            poll.repetition = repetition
            return true
        case .full(let requested):
            if !summary.hasCompletedRecords || !settings.requestsFullRecords {
                incomplete.insert(requested.intersection(summary.incompleteIDs), at: now.monotonic)
            }
            return false
        }
    }

    /// Handles a response without any readable record as if it had not come: then the exporter does not know the
    /// format, and its next version may.
    ///
    /// - Returns: Nil when the response counts.
    private mutating func searchReadableRecord(
        _ query: PlannedQuery, _ summary: ResponseSummary, _ now: Now
    ) -> Action? {
        guard query.purpose == .catchUp else { return nil }
        guard summary.isAllUnreadable else {
            if summary.readableCount > 0 { unreadableSearch = .none }
            return nil
        }
        guard unreadableSearch != .exhausted else { return nil }
        unreadableSearch = .widening
        windowSize?.widen()
        if poll.isOnlyPoll, query.window.end < query.now { return next(at: now) }
        return .fail(.unreadable(count: summary.received))
    }

    // MARK: Commits

    private mutating func didCommit(_ commit: Commit, _ now: Now) -> Action {
        checkpoint = commit.checkpoint
        poll.timeouts.unresolved = nil
        if poll.isOnlyPoll { poll.timeouts.count = 0 }
        let query = commit.query
        switch query.purpose {
        case .newest: break
        case .catchUp:
            let overlap = overlap
            catchUp?.commit(query.window, now: query.now, overlap: overlap)
            windowSize?.grow(after: query.window.span)
            if catchUp?.isFinished == true { planRecheck(at: now) }
        case .recheck: recheck?.commit(query.window, at: now.monotonic)
        }
        if commit.changesTimeBasis || commit.startChange.isRepair {
            catchUp = nil
            if commit.startChange.isRepair { recheck = nil }
            plan(at: now)
        }
        return .publish
    }
}
