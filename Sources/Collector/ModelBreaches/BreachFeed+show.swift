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
        if rows == nil {
            do throws(LedgerError) {
                rows = try await ledger.rows(key)
            } catch {
                line.report(.readFailed(error))
            }
        }
        guard let rows else { return }
        holds.show(rows, at: line.monotonic)
        let source = LedgerFamily.Source(
            appliance: key.appliance, feed: key.feed, book: book, rows: rows, modelsLimit: line.plan.maxModels)
        // Most polls change the cursor alone: thousands of series need not be made anew for that.
        let breaches = shown ?? LedgerFamily.breaches(of: source)
        shown = book?.isComplete == true ? breaches : nil
        publish(LedgerFamily.standing(of: source) + breaches)
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
            rows = nil
            await show()
        } catch {
            line.report(.commitFailed(error))
            holds.postpone(keys, until: now + 5_000_000_000)
        }
    }
}
