import Darktrace
import Ledger
import Metrics

/// From an answer to the ledger.
extension BreachFeed {
    /// Counts what an answer brought, in one transaction with where to go on.
    func commit(_ errand: Errand, _ answer: Batch, _ reply: Reply) async throws(Interruption) {
        var batch = answer
        reportUnreadable(batch)
        var draft = bookOrDraft
        if book == nil {
            draft.startMilliseconds = max(0, errand.now - lookback)
            draft.cursorMilliseconds = draft.startMilliseconds
        }
        try await dropCounted(&batch, since: max(draft.startMilliseconds, notes.floor ?? .min))
        let hasChangedMode = judge(errand, batch)
        let fold = Fold(
            batch.entries, models: batch.models, bound: bound,
            terms: Fold.Terms(
                startMilliseconds: draft.startMilliseconds, nowMilliseconds: line.now,
                isFirstLookback: !draft.isComplete, holdsNewSeries: draft.isComplete && line.plan.newSeriesHold > 0,
                askedBeforeMilliseconds: errand.purpose == .recheck ? draft.cursorMilliseconds : nil))
        advance(&draft, errand, reply, completes: !hasChangedMode)
        try await write(fold, draft)
        course.slowness = nil
        if course.isLast { course.slowAnswers = 0 }
        accept(errand, fold, draft)
        witness?(batch.entries, batch.models, fold.bound)
        if errand.purpose == .sweep { tally.unreadable += batch.unreadableCount }
        if hasChangedMode {
            line.report(.fallback(notes.ignoresCreation))
            hasLostWay = true
            course.hasSwept = false
            beginTick()
        }
        await show()
    }

    /// Whether the appliance was found to ignore `creationtime`, or to heed it again.
    private func judge(_ errand: Errand, _ batch: Batch) -> Bool {
        guard errand.byCreation else { return false }
        if !notes.ignoresCreation, batch.hasForeignCreation {
            notes.ignoresCreation = true
            return true
        }
        if notes.ignoresCreation, batch.hasForeignActivity, !batch.hasForeignCreation {
            notes.ignoresCreation = false
            return true
        }
        return false
    }

    private var lookback: Int64 { Int64(seconds: line.plan.initialLookback, unit: 1_000) }

    private func dropCounted(_ batch: inout Batch, since oldest: Int64) async throws(Interruption) {
        batch.dropOldAndRepeated(before: oldest)
        do throws(LedgerError) {
            try await batch.dropKnown { (marks) async throws(LedgerError) in
                try await ledger.unknown(marks, in: key)
            }
        } catch {
            line.report(.readFailed(error))
            throw .failed(Poll.Failure(.ledger, error.description), Setback())
        }
    }

    /// Where the book stands after an errand.
    private func advance(_ draft: inout Book, _ errand: Errand, _ reply: Reply, completes: Bool) {
        notes.skew = reply.skew ?? notes.skew
        if notes.rechecked == nil {
            // Whatever was listed by now is found on the way; only what is listed later needs a second look.
            notes.rechecked = errand.now - Int64(seconds: line.plan.recheckWindow, unit: 1_000)
        }
        switch errand.purpose {
        case .tail: break
        case .recheck: notes.rechecked = recheck?.settled(after: errand.window) ?? notes.rechecked
        case .sweep:
            draft.cursorMilliseconds = Sweep.cursor(
                after: draft.cursorMilliseconds, slice: errand.window, now: errand.now,
                date: reply.attempt.serverDateMilliseconds)
            if errand.window.end >= errand.now, completes { draft.isComplete = true }
        }
        // Nobody was asked about the future, should the appliance's clock have gone back.
        draft.cursorMilliseconds = min(
            draft.cursorMilliseconds, errand.now, reply.attempt.serverDateMilliseconds ?? errand.now)
        // The earlier of the two clocks, lest one that is far ahead makes everything too old to count; and after an
        // outage of months the second look still goes back to before it.
        let floor = min(draft.cursorMilliseconds, line.wall, notes.rechecked ?? .max) - retention
        notes.floor = max(notes.floor ?? floor, floor)
        draft.notes = notes.notes
    }

    private func write(_ fold: Fold, _ draft: Book) async throws(Interruption) {
        let begin = line.monotonic
        do throws(LedgerError) {
            try await ledger.commit(
                Posting(
                    key: key, changes: fold.changes, seen: fold.seen,
                    forgetBeforeMilliseconds: notes.floor.map { $0 - Mark.tolerance }, book: draft))
            line.report(.committed(seconds: Double(line.monotonic - begin) / 1e9))
        } catch {
            mustLoad = true
            line.report(.commitFailed(error))
            throw .failed(Poll.Failure(.ledger, error.description), Setback())
        }
    }

    /// The transaction is on the disk: goes on from there.
    private func accept(_ errand: Errand, _ fold: Fold, _ draft: Book) {
        // The families appear with the commit that ends the first lookback, whatever it brought.
        if !fold.changes.isEmpty || book?.isComplete != draft.isComplete { shown = nil }
        book = draft
        bound = fold.bound
        tally.counted += fold.seen.count
        tally.cursor = draft.cursorMilliseconds - (notes.skew ?? 0)
        tally.isComplete = draft.isComplete
        switch errand.purpose {
        case .tail: break
        case .sweep:
            sweep?.commit(errand.window, now: errand.now, overlap: overlap)
            course.hasSwept = sweep?.isFinished ?? true
            beginTickOfRecheck()
        case .recheck:
            recheck?.commit(errand.window, monotonic: line.monotonic)
            if fold.lateCount > 0 { line.report(.foundLate(count: fold.lateCount)) }
        }
        if let model = bound.firstRefused, !hasReportedOverflow {
            hasReportedOverflow = true
            line.report(.overflow(model: model))
        }
    }

    private func beginTickOfRecheck() {
        if recheck == nil, course.hasSwept { beginTick() }
    }

    func reportUnreadable(_ batch: Batch) {
        for (kind, record) in batch.unreadable where reportedKinds.insert(kind).inserted {
            line.report(.unreadable(record))
        }
    }
}
