import Darktrace
import Ledger

/// From a response to the ledger.
extension BreachFeed {
    /// Counts the new records of a response in one transaction with the checkpoint.
    func perform(_ commit: BreachPlanner.Commit, _ received: BreachBatch) async throws(PollError) {
        var batch = received
        try await removeSeen(from: &batch, since: commit.countsSince)
        let aggregation = BreachAggregation(
            batch.entries, models: batch.models, modelLimit: modelLimit,
            context: BreachAggregation.Context(
                start: commit.checkpoint.start, now: ApplianceTime(milliseconds: session.now),
                isFirstLookback: commit.isFirstLookback,
                holdsNewSeries: !commit.isFirstLookback && session.plan.newSeriesHold > 0,
                lateBefore: commit.lateBefore))
        try await write(aggregation, commit.checkpoint)
        // The families appear with the commit that completes the first lookback, whatever it counts.
        let changesFamilies = planner.checkpoint?.isComplete != commit.checkpoint.isComplete
        if !aggregation.changes.isEmpty || changesFamilies { cachedFamilies = nil }
        modelLimit = aggregation.modelLimit
        update(commit, counted: aggregation.seen.count, unreadable: batch.summary.unreadableCount)
        report(commit, aggregation)
        onCommit?(batch.entries, batch.models, modelLimit, commit.checkpoint.cursor)
    }

    private func removeSeen(from batch: inout BreachBatch, since oldest: ApplianceTime) async throws(PollError) {
        batch.removeOldAndRepeated(before: oldest)
        do throws(LedgerError) {
            try await batch.removeSeen { (records) async throws(LedgerError) in
                try await ledger.unseen(records, in: key)
            }
        } catch {
            session.report(.readFailed(error))
            throw PollError(error)
        }
    }

    private func write(_ aggregation: BreachAggregation, _ checkpoint: BreachCheckpoint) async throws(PollError) {
        let begin = session.monotonic
        do throws(LedgerError) {
            try await ledger.commit(
                WriteBatch(
                    key: key, changes: aggregation.changes, seen: aggregation.seen,
                    forgetBeforeMilliseconds: checkpoint.dedupeHorizon.map { $0.milliseconds - SeenRecord.tolerance },
                    checkpoint: checkpoint.stored))
            session.report(.committed(seconds: Double(session.monotonic - begin) / 1e9))
        } catch {
            needsReload = true
            session.report(.commitFailed(error))
            throw PollError(error)
        }
    }

    private func update(_ commit: BreachPlanner.Commit, counted: Int, unreadable: Int) {
        counts.counted += counted
        if commit.query.purpose == .catchUp { counts.unreadable += unreadable }
        counts.cursor = commit.checkpoint.cursorByExporter
        counts.isComplete = commit.checkpoint.isComplete
    }

    private func report(_ commit: BreachPlanner.Commit, _ aggregation: BreachAggregation) {
        if aggregation.lateCount > 0 { session.report(.foundLate(count: aggregation.lateCount)) }
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
        if let model = modelLimit.firstOverflow, !hasReportedOverflow {
            hasReportedOverflow = true
            session.report(.overflow(model: model))
        }
    }
}

extension PollError {
    /// The ledger could not be read or written.
    init(_ error: LedgerError) {
        self = .failed(PollReport.Failure(.ledger, error.description), RetryPolicy())
    }
}
