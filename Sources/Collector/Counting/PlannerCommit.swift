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
