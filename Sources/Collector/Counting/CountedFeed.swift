import Darktrace
import Ledger
import Locking
import Metrics

/// A feed of records that are counted once each: performs what its planner decides, and publishes the counts.
final class CountedFeed<Counting: RecordCounting>: Feed {
    let kind: FeedKind
    private(set) var counts = PollCounts()
    private(set) var isRefused = false
    private let session: ApplianceSession
    private let publish: @Sendable ([MetricFamily]) -> Void
    private let store: FeedLedger<Counting>
    private var planner: QueryPlanner
    /// What the ledger held at startup, so that it need not be read again.
    private var restored: LedgerSnapshot<Counting>?
    private var hasSucceeded = false
    /// One feed follows the appliance's clock, so that it notices each step: model breaches, if they are polled.
    private let followsClock: Bool
    private var reportedKinds: Set<UnreadableRecord.Kind> = []
    private var hasReportedOverflow = false
    /// Gets what each commit counted, how, and the cursor.
    var onCommit: ((FeedLedger<Counting>.Counted, Counting, ApplianceTime) -> Void)?

    /// - Parameters:
    ///   - settings: Of the planner; by default those of model breaches at the interval of the feed.
    ///   - restored: What the ledger holds; nothing may have been written since.
    init(
        _ kind: FeedKind, _ counting: Counting, session: ApplianceSession, ledger: Ledger,
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
            holdDuration: Duration(preciseSetting: configuration.newSeriesHold))
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

    /// Counts the new records of a response in one transaction with the checkpoint.
    private func perform(
        _ commit: QueryPlanner.Commit, _ received: RecordBatch<Counting.Entry>
    ) async throws(PollError) {
        var batch = received
        do throws(LedgerError) {
            try await store.removeCounted(from: &batch, since: commit.countsSince)
        } catch {
            session.report(.readFailed(error))
            throw PollError(error)
        }
        let begin = session.monotonic
        let counted: FeedLedger<Counting>.Counted
        do throws(LedgerError) {
            counted = try await store.commit(batch, commit, at: session.now)
            session.report(.committed(seconds: (session.monotonic - begin).inSeconds))
        } catch {
            session.report(.commitFailed(error))
            throw PollError(error)
        }
        store.counting.committed(received.entries)
        counts.counted += counted.entries.count
        if commit.query.purpose == .catchUp { counts.unreadable += batch.summary.unreadableCount }
        setCounts(commit.checkpoint)
        report(commit, lateCount: counted.lateCount)
        onCommit?(counted, store.counting, commit.checkpoint.cursor)
    }

    // MARK: Records outside the plan

    /// For each record whether the ledger may count it, and has not.
    func areUncounted(_ records: [SeenRecord]) async throws(PollError) -> [Bool] {
        try await reloadIfNeeded()
        do throws(LedgerError) {
            return try await store.areUncounted(records)
        } catch {
            session.report(.readFailed(error))
            throw PollError(error)
        }
    }

    /// Counts records that were requested outside the plan, and moves nothing.
    func count(_ batch: RecordBatch<Counting.Entry>) async throws(PollError) {
        guard !batch.entries.isEmpty, let checkpoint = store.checkpoint, checkpoint.isComplete else { return }
        try await perform(QueryPlanner.Commit(batch.window, outsideThePlan: checkpoint, at: session.now), batch)
        await publishFamilies()
    }

    // MARK: Publishing

    /// Publishes what the ledger holds from earlier runs.
    func restore() async {
        if let snapshot = restored.take() {
            store.restore(snapshot, at: session.monotonic)
            continueFromLedger()
        } else {
            // The first poll reads it again, and reports a failure.
            try? await load()
        }
        await publishFamilies()
    }

    private func reloadIfNeeded() async throws(PollError) {
        guard store.needsReload else { return }
        try await load()
        await publishFamilies()
    }

    private func load() async throws(PollError) {
        do throws(LedgerError) {
            try await store.load(at: session.monotonic)
        } catch {
            session.report(.readFailed(error))
            throw PollError(error)
        }
        continueFromLedger()
    }

    private func continueFromLedger() {
        planner.restore(store.checkpoint)
        setCounts(store.checkpoint)
        if store.checkpoint?.usesActivityTime == true { session.report(.creationTimeFallback(true)) }
    }

    private func setCounts(_ checkpoint: Checkpoint?) {
        counts.cursor = checkpoint?.cursorByExporter
        counts.isComplete = checkpoint?.isComplete ?? false
    }

    private func publishFamilies() async {
        guard !store.needsReload else { return }
        do throws(LedgerError) {
            publish(try await store.families(at: session.monotonic))
        } catch {
            session.report(.readFailed(error))
        }
    }

    var timerDue: MonotonicInstant? { store.holdDue }

    var heldSeries: (feed: FeedKey, rows: [RowKey]) { (store.key, store.heldSeries) }

    /// Releases series whose hold has ended; the ledger commits the release before it is published.
    func timerFired() async {
        let begin = session.monotonic
        do throws(LedgerError) {
            guard try await store.releaseExpired(at: begin) else { return }
            session.report(.committed(seconds: (session.monotonic - begin).inSeconds))
            await publishFamilies()
        } catch {
            session.report(.commitFailed(error))
        }
    }

    // MARK: Reports

    private func report(_ commit: QueryPlanner.Commit, lateCount: Int) {
        if lateCount > 0, kind.priority == .primary { session.report(.foundLate(count: lateCount)) }
        if commit.switchesToFullRecords { session.report(.switchedToFullRecords) }
        switch commit.startChange {
        case .none, .new(byOwnClock: false): break
        case .new(byOwnClock: true):
            session.report(.startedByOwnClock(skewSeconds: commit.checkpoint.skew.map(\.inSeconds) ?? 0))
        case .repaired(let start):
            session.report(
                .startRepaired(fromMilliseconds: start.milliseconds, to: commit.checkpoint.start.milliseconds))
        }
        if commit.changesTimeBasis { session.report(.creationTimeFallback(commit.checkpoint.usesActivityTime)) }
        if let overflow = store.counting.overflow, !hasReportedOverflow {
            hasReportedOverflow = true
            session.report(.overflow(model: overflow))
        }
    }

    private func pollError(_ failure: QueryPlanner.Failure) -> PollError {
        guard case .request(let request) = failure, kind.isOptional else { return PollError(failure) }
        return PollError(persistent: request.error, retryAfter: request.retryAfter)
    }
}
