import Ledger
import Metrics

/// From the ledger to the families.
extension BreachFeed {
    /// Reads what the ledger holds, at the start and after a failure.
    func load() async throws(Interruption) {
        do throws(LedgerError) {
            let book = try await ledger.book(key)
            let rows = try await ledger.rows(key)
            self.book = book
            self.rows = rows
            shown = nil
            notes = FeedNotes(book?.notes ?? [:])
            bound = SeriesBound(limit: line.plan.maxModels, rows: rows)
            hasLostWay = true
            recheck = nil
            mustLoad = false
            tally.cursor = book.map { $0.cursorMilliseconds - (notes.skew ?? 0) }
            tally.isComplete = book?.isComplete ?? false
            if notes.ignoresCreation { line.report(.fallback(true)) }
        } catch {
            mustLoad = true
            line.report(.readFailed(error))
            throw .failed(Poll.Failure(.ledger, error.description), Setback())
        }
    }

    /// Publishes all families as the ledger tells them now.
    func show() async {
        guard !mustLoad else { return }
        var source = LedgerFamily.Source(
            appliance: key.appliance, feed: key.feed, book: book, modelsTracked: bound.count,
            modelsLimit: line.plan.maxModels)
        if shown == nil {
            guard let rows = await currentRows() else { return }
            holds.show(rows, at: line.monotonic)
            source.rows = rows
            shown = LedgerFamily.breaches(of: source)
        }
        publish(LedgerFamily.standing(of: source) + (shown ?? []))
        // Most polls change the cursor alone: thousands of series need not be made anew for that. And what they were
        // made from takes more memory than they do.
        if book?.isComplete == true { rows = nil } else { shown = nil }
    }

    /// What was read before, or is read now.
    private func currentRows() async -> [Row]? {
        do throws(LedgerError) {
            if rows == nil { rows = try await ledger.rows(key) }
        } catch {
            line.report(.readFailed(error))
        }
        return rows
    }

    /// The ledger holds other numbers now.
    func forgetRows() {
        rows = nil
        shown = nil
    }

    /// Lets go of what was held long enough; it is on the disk before anybody sees it.
    func doChore() async {
        let now = line.monotonic
        let keys = holds.keys(at: now)
        guard !keys.isEmpty else { return }
        let begin = line.monotonic
        do throws(LedgerError) {
            try await ledger.release(keys, in: key)
            line.report(.committed(seconds: Double(line.monotonic - begin) / 1e9))
            holds.release(keys)
            forgetRows()
            await show()
        } catch {
            line.report(.commitFailed(error))
            holds.postpone(keys, until: now + 5_000_000_000)
        }
    }
}
