import Darktrace
import Ledger
import Locking
import Metrics

/// A feed of records that are counted once each: performs what its planner decides, and publishes the counts.
final class CountedFeed<Counting: RecordCounting>: Feed {
    let kind: FeedKind
    var counts = PollCounts()
    private(set) var isRefused = false
    let session: ApplianceSession
    let publish: @Sendable ([MetricFamily]) -> Void
    let store: FeedLedger<Counting>
    var planner: QueryPlanner
    /// What the ledger held at startup, so that it need not be read again.
    var restored: LedgerSnapshot<Counting>?
    private var hasSucceeded = false
    /// One feed follows the appliance's clock, so that it notices each step: model breaches, if they are polled.
    private let followsClock: Bool
    private var reportedKinds: Set<UnreadableRecord.Kind> = []
    var hasReportedOverflow = false
    /// Gets what each commit counted, how, and the cursor.
    var onCommit: ((FeedLedger<Counting>.Counted, Counting, ApplianceTime) -> Void)?

    /// - Parameters:
    ///   - settings: Of the planner; by default those of model breaches at the interval of the feed.
    ///   - restored: What the ledger holds; nothing may have been written since.
    init(
        _ kind: FeedKind, _ counting: Counting, session: ApplianceSession, ledger: any Ledger,
        settings: QueryPlanner.Settings? = nil, restored: LedgerSnapshot<Counting>? = nil,
        publish: @escaping @Sendable ([MetricFamily]) -> Void
    ) {
        self.kind = kind
        self.session = session
        self.restored = restored
        self.publish = publish
        let configuration = session.configuration
        followsClock = kind == configuration.feeds.first(where: \.isCounted)
        store = FeedLedger(
            FeedKey(appliance: configuration.name, feed: kind.name), in: ledger, by: counting,
            holdDuration: configuration.newSeriesHold)
        planner = QueryPlanner(settings ?? QueryPlanner.Settings(configuration, of: kind))
    }

    // MARK: The planner's actions

    func poll(credentials: Credentials, until deadline: MonotonicInstant?) async throws(PollError) {
        counts.counted = 0
        counts.unreadable = 0
        try await reloadIfNeeded()
        planner.beginPoll(until: deadline, at: now)
        var batch: RecordBatch<Counting.Entry>?
        var action = planner.next(at: now)
        while true {
            switch action {
            case .request(let query):
                let outcome = try await send(query, credentials: credentials, batch: &batch)
                action = planner.received(outcome, at: now)
            case .commit(let commit):
                if let batch = batch.take() { try await perform(commit, batch, isOnlyPoll: deadline == nil) }
                action = planner.received(.committed, at: now)
            case .publish:
                await publishFamilies()
                // The ledger may have lost the feed, to which nothing must be added then.
                try await reloadIfNeeded()
                action = planner.next(at: now)
            case .wait(let instant):
                try await wait(until: instant)
                action = planner.next(at: now)
            case .reportShrunkWindow(let width, let reason):
                session.report(.windowShrunk(seconds: width.inSeconds, reason: reason))
                action = planner.next(at: now)
            case .fail(let failure):
                if case .unreadable(let count) = failure { counts.unreadable += count }
                throw pollError(failure)
            case .finish: return
            }
        }
    }

    private var now: QueryPlanner.Now {
        let monotonic = session.monotonic
        let isPrimary = kind.priority == .primary
        return QueryPlanner.Now(
            monotonic: monotonic, appliance: session.now,
            exporter: min(session.wall, session.configuration.horizon ?? .distantFuture),
            permit: session.nextPermit(for: isPrimary ? .scheduled : .secondary, at: monotonic),
            lowPriorityPermit: session.nextPermit(for: isPrimary ? .catchUp : .secondary, at: monotonic))
    }

    /// Sleeps until the request budget permits the next request or a hold ends, and releases expired holds.
    private func wait(until instant: MonotonicInstant) async throws(PollError) {
        await session.fireTimers(at: session.monotonic)
        do throws(CancellationError) {
            try await session.sleep(until: min(instant, session.nextTimerDue))
        } catch {
            throw .cancelled
        }
    }

    private func send(
        _ query: PlannedQuery, credentials: Credentials, batch: inout RecordBatch<Counting.Entry>?
    ) async throws(PollError) -> QueryPlanner.Outcome {
        await session.fireTimers(at: session.monotonic)
        let limit = query.window.span > AdaptiveWindow.narrowest ? session.configuration.maxRecords : .max
        let collected = Locked(
            RecordBatch<Counting.Entry>(window: query.window, requestedIDs: query.incompleteIDs))
        let counting = store.counting
        let reply = await session.send(
            counting.request(for: query), priority: kind.priority, credentials: credentials,
            isByClock: followsClock,
            mayBeUnavailable: kind.isOptional && !hasSucceeded
        ) { element in
            collected.withLock {
                $0.add(element, by: counting)
                return $0.summary.received <= limit
            }
        }
        guard !reply.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        isRefused = !hasSucceeded && reply.attempt.showsUnavailability
        if let failure = QueryPlanner.FailedRequest(reply.attempt) { return .failed(failure) }
        hasSucceeded = true
        let received = collected.withLock { $0 }
        for (kind, record) in received.unreadable where reportedKinds.insert(kind).inserted {
            session.report(.unreadable(record))
        }
        batch = received
        return .response(
            QueryPlanner.Response(
                summary: received.summary, step: reply.step,
                date: reply.attempt.serverDateMilliseconds.map(ApplianceTime.init), skew: reply.skew))
    }

    private func pollError(_ failure: QueryPlanner.Failure) -> PollError {
        guard case .request(let request) = failure, kind.isOptional else { return PollError(failure) }
        return PollError(optional: request.error, isUnavailable: isUnavailable, retryAfter: request.retryAfter)
    }
}
