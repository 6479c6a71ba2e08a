import Darktrace

/// One request to be sent, and its purpose.
struct PlannedQuery: Sendable, Equatable {
    let purpose: Purpose
    let window: QueryWindow
    /// The appliance's clock when the query was planned.
    let now: ApplianceTime
    /// Query by creation time; otherwise by activity time.
    let byCreation: Bool
    var form: Form

    /// Why the request is sent.
    enum Purpose: Sendable, Equatable {
        /// A window between the cursor and the present.
        case catchUp
        /// The newest records while catch-up is still far behind; they count, and move no cursor.
        case newest
        case recheck
    }

    /// Which fields the records shall have.
    enum Form: Sendable, Equatable {
        case short
        /// `incompleteIDs` are the records that were incomplete as short records of the same window.
        case full(incompleteIDs: Set<Int64>)
    }

    /// Requests for the past leave permits to requests for the present.
    var isLowPriority: Bool { purpose == .recheck || (purpose == .catchUp && window.end < now) }

    /// Ids of records that were incomplete as short records of the same window.
    var incompleteIDs: Set<Int64> {
        switch form {
        case .short: []
        case .full(let incompleteIDs): incompleteIDs
        }
    }
}

extension QueryPlanner {
    /// What the planner knows of the present: it reads no clock and asks no rate limiter.
    struct Now: Sendable, Equatable {
        let monotonic: MonotonicInstant
        let appliance: ApplianceTime
        /// The exporter's own clock.
        let exporter: ApplianceTime
        /// When the request budget permits the next request; not later than `monotonic` if it does now.
        let permit: MonotonicInstant
        /// The same for a request of low priority.
        let lowPriorityPermit: MonotonicInstant
    }

    /// What the feed has to do next.
    enum Action: Sendable, Equatable {
        /// Send a request, then report its outcome.
        case request(PlannedQuery)
        /// Wait for the request budget, then ask for the next action.
        case wait(until: MonotonicInstant)
        /// Report that windows are narrower from now on, then ask for the next action.
        case reportShrunkWindow(Duration, because: APIError.Reason)
        /// Write the records of the last response and this checkpoint in one transaction, then report the outcome.
        case commit(Commit)
        /// Publish the families, then ask for the next action.
        case publish
        /// End the poll as failed.
        case fail(Failure)
        /// End the poll: everything is requested, or the rest is left to the next poll.
        case finish
    }

    /// What became of a request or of a commit. A failed commit is none of these: the feed restores the planner.
    enum Outcome: Sendable, Equatable {
        case failed(FailedRequest)
        case response(Response)
        case committed
    }

    /// Why a poll failed.
    enum Failure: Sendable, Equatable {
        case request(FailedRequest)
        /// The request budget did not permit any request before the next poll.
        case budget
        /// None of this many records could be read.
        case unreadable(count: Int)
    }

    /// A complete response, without its records.
    struct Response: Sendable, Equatable {
        var summary: ResponseSummary
        /// How far the appliance's clock was from what was expected, if that matters.
        var step: Duration?
        /// `Date` of the response.
        var date: ApplianceTime?
        /// The appliance's clock minus the exporter's.
        var skew: Duration?
    }

    /// A request without a complete response.
    struct FailedRequest: Sendable, Equatable {
        var error: APIError
        /// In seconds, if the appliance stated it.
        var retryAfter: Double?
        var status: Int?
        var bodyBytes = 0
        /// The appliance received the request, even if it did not respond in time.
        var reachedAppliance = false

        /// Whether a narrower window may succeed.
        var isWindowTooLarge: Bool {
            switch error.reason {
            case .tooLarge, .timeout: true
            // The body was cut off.
            case .malformed: status == 200 && bodyBytes > 0
            // A gateway timed out.
            case .server: status == 504
            default: false
            }
        }
    }
}

extension QueryPlanner.FailedRequest {
    /// Nil when the attempt succeeded.
    init?(_ attempt: Attempt) {
        guard let error = attempt.error else { return nil }
        self.init(
            error: error, retryAfter: attempt.retryAfterSeconds, status: attempt.result.head?.status,
            bodyBytes: attempt.result.bodyBytes,
            reachedAppliance: attempt.result.head != nil || attempt.result.phases.wait > 0)
    }
}

extension QueryPlanner.Now {
    /// The earlier of the appliance's and the exporter's clocks.
    var earlierClock: ApplianceTime { min(appliance, exporter) }
}

extension QueryPlanner {
    /// What to write with the records of a response: the checkpoint after it, and how its records count.
    struct Commit: Sendable, Equatable {
        let query: PlannedQuery
        let checkpoint: Checkpoint
        /// Older records are not counted.
        let countsSince: ApplianceTime
        /// The first lookback was not complete before this commit.
        let isFirstLookback: Bool
        /// New records created up to here are late.
        let lateBefore: ApplianceTime?
        /// Short records turned out to lack fields that full records have.
        let switchesToFullRecords: Bool
        /// The appliance turned out to ignore `creationtime`, or to honour it again.
        let changesTimeBasis: Bool
        let startChange: StartChange
    }

    /// What a commit does to the start of the ledger.
    enum StartChange: Sendable, Equatable {
        case none
        /// The first commit of a ledger.
        ///
        /// `byOwnClock`: the appliance's `Date` was not trusted for it.
        case new(byOwnClock: Bool)
        /// The ledger started in the future, so it counted nothing: it starts again, from the past.
        case repaired(from: ApplianceTime)
    }
}

extension QueryPlanner.Commit {
    /// - Parameters:
    ///   - previous: Nil before the first commit.
    ///   - recheckWatermark: The watermark after the query, if it is the last one of a recheck.
    ///   - now: The clocks at the response.
    init(
        _ query: PlannedQuery, _ response: QueryPlanner.Response, after previous: Checkpoint?,
        recheckWatermark: ApplianceTime?, settings: QueryPlanner.Settings, now: QueryPlanner.Now
    ) {
        let (start, byOwnClock) = settings.newStart(at: query.now, exporter: now.exporter)
        var next = previous ?? Checkpoint(start: start)
        var startChange = previous == nil ? QueryPlanner.StartChange.new(byOwnClock: byOwnClock) : .none
        if let previous, settings.isInFuture(previous.start, at: query.now, exporter: now.exporter) {
            startChange = .repaired(from: previous.start)
            next = previous.restarted(at: start)
        }
        self.startChange = startChange
        self.query = query
        countsSince = next.countsSince
        isFirstLookback = !next.isComplete
        lateBefore = query.purpose == .recheck ? next.cursor : nil
        switchesToFullRecords =
            response.summary.hasCompletedRecords && !next.needsFullRecords && settings.requestsFullRecords
        if switchesToFullRecords { next.needsFullRecords = true }
        changesTimeBasis =
            query.byCreation && response.summary.contradictsTimeBasis(usesActivityTime: next.usesActivityTime)
        if changesTimeBasis { next.usesActivityTime.toggle() }
        next.skew = response.skew ?? next.skew
        // Catch-up finds everything listed by now; only what is listed later needs a recheck.
        next.recheckWatermark = next.recheckWatermark ?? query.now - settings.recheckWindow
        switch query.purpose {
        // The window was planned for another start.
        case _ where startChange.isRepair: break
        case .newest: break
        case .recheck: next.recheckWatermark = recheckWatermark ?? next.recheckWatermark
        case .catchUp:
            next.cursor = CatchUp.cursor(
                after: next.cursor, window: query.window, now: query.now, date: response.date)
            if query.window.end >= query.now, !changesTimeBasis { next.isComplete = true }
        }
        // The future was not requested, should the appliance's clock have gone back.
        next.cursor = min(next.cursor, query.now, response.date ?? query.now)
        // The earlier clock counts, or a clock far ahead would make everything too old to count. The watermark counts,
        // because after an outage of months the recheck still goes back to before it.
        let horizon =
            min(next.cursor, now.earlierClock, next.recheckWatermark ?? next.cursor)
            - settings.retention(byActivity: next.usesActivityTime)
        next.dedupeHorizon = max(next.dedupeHorizon ?? horizon, horizon)
        checkpoint = next
    }
}

extension QueryPlanner.Commit {
    /// Counts records that were requested outside the plan: the checkpoint stays as it is.
    init(_ window: QueryWindow, outsideThePlan checkpoint: Checkpoint, at now: ApplianceTime) {
        self.init(
            query: PlannedQuery(
                purpose: .recheck, window: window, now: now, byCreation: true, form: .full(incompleteIDs: [])),
            checkpoint: checkpoint, countsSince: checkpoint.countsSince, isFirstLookback: false, lateBefore: nil,
            switchesToFullRecords: false, changesTimeBasis: false, startChange: .none)
    }
}

extension QueryPlanner.StartChange {
    var isRepair: Bool { if case .repaired = self { true } else { false } }
}

extension ResponseSummary {
    /// Whether the appliance turned out to ignore `creationtime`, or to honour it again.
    fileprivate func contradictsTimeBasis(usesActivityTime: Bool) -> Bool {
        usesActivityTime ? hasActivityOutsideWindow && !hasCreationOutsideWindow : hasCreationOutsideWindow
    }
}
