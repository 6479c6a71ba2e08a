import Darktrace
import Ledger
import Locking
import Metrics

/// The feed of model breaches: performs what its planner decides, counts new records once, and publishes the counts.
final class BreachFeed: Feed {
    let kind = FeedKind.modelBreaches
    let session: ApplianceSession
    let ledger: Ledger
    let publish: @Sendable ([MetricFamily]) -> Void
    let key: FeedKey
    var planner: BreachPlanner
    var counts = PollCounts()

    // What the ledger holds as of the last commit.
    var modelLimit: ModelLimit
    /// The families of breaches; nil when they have to be read.
    var cachedFamilies: [MetricFamily]?
    var holds: NewSeriesHolds
    /// After a failed read or commit it is unknown what the ledger holds.
    var needsReload = true
    /// What the ledger held at startup, so that it need not be read again.
    var restored: LedgerSnapshot?

    private var reportedKinds: Set<UnreadableRecord.Kind> = []
    var hasReportedOverflow = false
    /// Gets the records of each commit, each record once, the labels that count them, and the cursor.
    var onCommit: (([BreachBatch.Entry], _ models: [String], ModelLimit, ApplianceTime) -> Void)?

    /// - Parameter restored: What the ledger holds; nothing may have been written since.
    init(
        session: ApplianceSession, ledger: Ledger, restored: LedgerSnapshot? = nil,
        publish: @escaping @Sendable ([MetricFamily]) -> Void
    ) {
        self.session = session
        self.ledger = ledger
        self.restored = restored
        self.publish = publish
        key = Self.key(of: session.plan.name)
        planner = BreachPlanner(BreachPlanner.Settings(session.plan))
        modelLimit = ModelLimit(limit: session.plan.maxModels)
        holds = NewSeriesHolds(duration: .nanoseconds(Int64(seconds: session.plan.newSeriesHold, unit: 1e9)))
    }

    /// The ledger's key of this feed.
    static func key(of appliance: String) -> FeedKey {
        FeedKey(appliance: appliance, feed: FeedKind.modelBreaches.name)
    }

    // MARK: The planner's actions

    func poll(credentials: Credentials, until deadline: Int64) async throws(PollError) {
        counts.counted = 0
        counts.unreadable = 0
        if needsReload {
            try await load()
            await publishFamilies()
        }
        planner.beginPoll(until: deadline == .max ? nil : MonotonicInstant(nanoseconds: deadline), at: now)
        var batch: BreachBatch?
        var action = planner.next(at: now)
        while true {
            switch action {
            case .request(let query):
                let outcome = try await send(query, credentials: credentials, batch: &batch)
                action = planner.received(outcome, at: now)
            case .commit(let commit):
                if let batch = batch.take() { try await perform(commit, batch) }
                action = planner.received(.committed, at: now)
            case .publish:
                await publishFamilies()
                action = planner.next(at: now)
            case .wait(let instant):
                try await wait(until: instant)
                action = planner.next(at: now)
            case .reportShrunkWindow(let width, let reason):
                session.report(.windowShrunk(seconds: width.inSeconds, reason: reason))
                action = planner.next(at: now)
            case .fail(let failure):
                if case .unreadable(let count) = failure { counts.unreadable += count }
                throw PollError(failure)
            case .finish: return
            }
        }
    }

    private var now: BreachPlanner.Now {
        let monotonic = session.monotonic
        let appliance = session.now
        func permit(canWait: Bool) -> MonotonicInstant {
            MonotonicInstant(nanoseconds: session.nextPermit(canWait: canWait, now: monotonic))
        }
        return BreachPlanner.Now(
            monotonic: MonotonicInstant(nanoseconds: monotonic), appliance: ApplianceTime(milliseconds: appliance),
            exporter: ApplianceTime(milliseconds: min(session.wall, session.plan.horizonMilliseconds ?? .max)),
            permit: permit(canWait: false), lowPriorityPermit: permit(canWait: true))
    }

    /// Sleeps until the request budget permits the next request or a hold ends, and releases expired holds.
    private func wait(until instant: MonotonicInstant) async throws(PollError) {
        await session.fireTimers(at: session.monotonic)
        do throws(CancellationError) {
            try await session.clocks.sleep(min(instant.nanoseconds, session.nextTimerDue))
        } catch {
            throw .cancelled
        }
    }

    private func send(
        _ query: PlannedQuery, credentials: Credentials, batch: inout BreachBatch?
    ) async throws(PollError) -> BreachPlanner.Outcome {
        await session.fireTimers(at: session.monotonic)
        let limit = query.window.span > AdaptiveWindow.narrowest ? session.plan.maxRecords : .max
        let collected = Locked(BreachBatch(window: query.window, requestedIDs: query.incompleteIDs))
        let reply = await session.send(
            ModelBreachesRequest(query), credentials: credentials, isByClock: true
        ) { record in
            collected.withLock {
                $0.add(record)
                return $0.summary.received <= limit
            }
        }
        guard !reply.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        if let failure = BreachPlanner.FailedRequest(reply.attempt) { return .failed(failure) }
        let received = collected.withLock { $0 }
        reportUnreadable(received)
        batch = received
        return .response(
            BreachPlanner.Response(
                summary: received.summary, step: reply.step.map { .milliseconds($0) },
                date: reply.attempt.serverDateMilliseconds.map(ApplianceTime.init),
                skew: reply.skew.map { .milliseconds($0) }))
    }

    private func reportUnreadable(_ batch: BreachBatch) {
        for (kind, record) in batch.unreadable where reportedKinds.insert(kind).inserted {
            session.report(.unreadable(record))
        }
    }
}

extension ModelBreachesRequest {
    fileprivate init(_ query: PlannedQuery) {
        self.init(
            startMilliseconds: query.window.start.milliseconds, endMilliseconds: query.window.end.milliseconds,
            byCreation: query.byCreation, minimal: query.form == .short)
    }
}

extension BreachPlanner.FailedRequest {
    /// Nil when the attempt succeeded.
    fileprivate init?(_ attempt: Attempt) {
        guard let error = attempt.error else { return nil }
        self.init(
            error: error, retryAfter: attempt.retryAfterSeconds, status: attempt.result.head?.status,
            bodyBytes: attempt.result.bodyBytes,
            reachedAppliance: attempt.result.head != nil || attempt.result.phases.wait > 0)
    }
}

extension PollError {
    fileprivate init(_ failure: BreachPlanner.Failure) {
        switch failure {
        case .request(let request): self.init(request.error, retryAfter: request.retryAfter)
        case .budget:
            let detail = "no request left in this minute's budget: raise requests_per_minute or poll_interval"
            self = .failed(PollReport.Failure(.budget, detail), RetryPolicy(skipsBackoff: true))
        case .unreadable(let count):
            let detail = "none of \(count) records could be read, so nothing was counted; please report it"
            self = .failed(PollReport.Failure(.records, detail), RetryPolicy(skipsBackoff: true))
        }
    }
}
