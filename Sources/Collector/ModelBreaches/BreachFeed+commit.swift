import Darktrace
import Ledger
import Metrics

/// From an answer to the ledger.
extension BreachFeed {
    /// Counts what an answer brought, in one transaction with where to go on.
    func commit(_ errand: PlannedQuery, _ answer: BreachBatch, _ reply: RequestOutcome) async throws(PollError) {
        var batch = answer
        reportUnreadable(batch)
        var draft = checkpointOrInitial
        if checkpoint == nil {
            draft.startMilliseconds = max(0, errand.now - lookback)
            draft.cursorMilliseconds = draft.startMilliseconds
        }
        try await dropDuplicates(&batch, since: max(draft.startMilliseconds, metadata.dedupeHorizon ?? .min))
        let hasChangedMode = updateCreationTimeFallback(errand, batch)
        let fold = BreachAggregation(
            batch.entries, models: batch.models, modelLimit: modelLimit,
            context: BreachAggregation.Context(
                startMilliseconds: draft.startMilliseconds, nowMilliseconds: session.now,
                isFirstLookback: !draft.isComplete, holdsNewSeries: draft.isComplete && session.plan.newSeriesHold > 0,
                lateBeforeMilliseconds: errand.purpose == .recheck ? draft.cursorMilliseconds : nil))
        updateCursor(&draft, errand, reply, completes: !hasChangedMode)
        try await write(fold, draft)
        course.lastTimeout = nil
        if course.isOnlyPoll { course.consecutiveTimeouts = 0 }
        didCommit(errand, fold, draft)
        onCommit?(batch.entries, batch.models, fold.modelLimit)
        if errand.purpose == .catchUp { counts.unreadable += batch.unreadableCount }
        if hasChangedMode {
            session.report(.creationTimeFallback(metadata.usesActivityTime))
            needsReplan = true
            course.isCaughtUp = false
            planPoll()
        }
        await publishFamilies()
    }

    /// Whether the appliance was found to ignore `creationtime`, or to heed it again.
    private func updateCreationTimeFallback(_ errand: PlannedQuery, _ batch: BreachBatch) -> Bool {
        guard errand.byCreation else { return false }
        if !metadata.usesActivityTime, batch.hasCreationOutsideWindow {
            metadata.usesActivityTime = true
            return true
        }
        if metadata.usesActivityTime, batch.hasActivityOutsideWindow, !batch.hasCreationOutsideWindow {
            metadata.usesActivityTime = false
            return true
        }
        return false
    }

    private var lookback: Int64 { Int64(seconds: session.plan.initialLookback, unit: 1_000) }

    private func dropDuplicates(_ batch: inout BreachBatch, since oldest: Int64) async throws(PollError) {
        batch.removeOldAndRepeated(before: oldest)
        do throws(LedgerError) {
            try await batch.removeSeen { (records) async throws(LedgerError) in
                try await ledger.unseen(records, in: key)
            }
        } catch {
            session.report(.readFailed(error))
            throw .failed(PollReport.Failure(.ledger, error.description), RetryPolicy())
        }
    }

    /// Where the book stands after an errand.
    private func updateCursor(
        _ draft: inout FeedCheckpoint, _ errand: PlannedQuery, _ reply: RequestOutcome, completes: Bool
    ) {
        metadata.skew = reply.skew ?? metadata.skew
        if metadata.recheckWatermark == nil {
            // Whatever was listed by now is found on the way; only what is listed later needs a second look.
            metadata.recheckWatermark = errand.now - Int64(seconds: session.plan.recheckWindow, unit: 1_000)
        }
        switch errand.purpose {
        case .newest: break
        case .recheck: metadata.recheckWatermark = recheck?.watermark(after: errand.window) ?? metadata.recheckWatermark
        case .catchUp:
            draft.cursorMilliseconds = CatchUp.cursor(
                after: draft.cursorMilliseconds, slice: errand.window, now: errand.now,
                date: reply.attempt.serverDateMilliseconds)
            if errand.window.end >= errand.now, completes { draft.isComplete = true }
        }
        // Nobody was asked about the future, should the appliance's clock have gone back.
        draft.cursorMilliseconds = min(
            draft.cursorMilliseconds, errand.now, reply.attempt.serverDateMilliseconds ?? errand.now)
        // The earlier of the two clocks, lest one that is far ahead makes everything too old to count; and after an
        // outage of months the second look still goes back to before it.
        let floor = min(draft.cursorMilliseconds, session.wall, metadata.recheckWatermark ?? .max) - retention
        metadata.dedupeHorizon = max(metadata.dedupeHorizon ?? floor, floor)
        draft.metadata = metadata.dictionary
    }

    private func write(_ fold: BreachAggregation, _ draft: FeedCheckpoint) async throws(PollError) {
        let begin = session.monotonic
        do throws(LedgerError) {
            try await ledger.commit(
                WriteBatch(
                    key: key, changes: fold.changes, seen: fold.seen,
                    forgetBeforeMilliseconds: metadata.dedupeHorizon.map { $0 - SeenRecord.tolerance },
                    checkpoint: draft))
            session.report(.committed(seconds: Double(session.monotonic - begin) / 1e9))
        } catch {
            needsReload = true
            session.report(.commitFailed(error))
            throw .failed(PollReport.Failure(.ledger, error.description), RetryPolicy())
        }
    }

    /// The transaction is on the disk: goes on from there.
    private func didCommit(_ errand: PlannedQuery, _ fold: BreachAggregation, _ draft: FeedCheckpoint) {
        // The families appear with the commit that ends the first lookback, whatever it brought.
        if !fold.changes.isEmpty || checkpoint?.isComplete != draft.isComplete { cachedFamilies = nil }
        checkpoint = draft
        modelLimit = fold.modelLimit
        counts.counted += fold.seen.count
        counts.cursor = draft.cursorMilliseconds - (metadata.skew ?? 0)
        counts.isComplete = draft.isComplete
        switch errand.purpose {
        case .newest: break
        case .catchUp:
            catchUp?.commit(errand.window, now: errand.now, overlap: overlap)
            course.isCaughtUp = catchUp?.isFinished ?? true
            planRecheck()
        case .recheck:
            recheck?.commit(errand.window, monotonic: session.monotonic)
            if fold.lateCount > 0 { session.report(.foundLate(count: fold.lateCount)) }
        }
        if let model = modelLimit.firstOverflow, !hasReportedOverflow {
            hasReportedOverflow = true
            session.report(.overflow(model: model))
        }
    }

    private func planRecheck() {
        if recheck == nil, course.isCaughtUp { planPoll() }
    }

    func reportUnreadable(_ batch: BreachBatch) {
        for (kind, record) in batch.unreadable where reportedKinds.insert(kind).inserted {
            session.report(.unreadable(record))
        }
    }
}
