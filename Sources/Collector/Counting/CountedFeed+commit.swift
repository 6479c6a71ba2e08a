import Ledger

// Commits: the records of a response, counted in the ledger, and what is reported of them.
extension CountedFeed {
    /// Counts the new records of a response in one transaction with the checkpoint.
    ///
    /// - Parameter isOnlyPoll: No other poll follows.
    func perform(
        _ commit: QueryPlanner.Commit, _ received: RecordBatch<Counting.Entry>, isOnlyPoll: Bool
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
            counted = try await store.commit(batch, commit, at: session.now, monotonic: begin, isOnlyPoll: isOnlyPoll)
            if counted.isWritten { session.report(.committed(seconds: (session.monotonic - begin).inSeconds)) }
        } catch {
            session.report(.commitFailed(error))
            throw PollError(error)
        }
        store.counting.committed(received.entries)
        counts.counted += counted.entries.count
        if commit.query.purpose == .catchUp { counts.unreadable += batch.summary.unreadableCount }
        setCounts(commit.checkpoint)
        report(commit, lateCount: counted.lateCount)
        if !commit.isFirstLookback, let event = store.counting.event(of: counted.entries, details: batch.details) {
            session.report(event)
        }
        onCommit?(counted, store.counting, commit.checkpoint.cursor)
    }

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
        try await perform(
            QueryPlanner.Commit(batch.window, outsideThePlan: checkpoint, at: session.now), batch, isOnlyPoll: false)
        await publishFamilies()
    }
}
