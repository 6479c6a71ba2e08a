import Ledger
import Metrics

/// From the ledger to the families.
extension BreachFeed {
    /// Reads what the ledger holds, at the start and after a failure.
    func load() async throws(Interruption) {
        do throws(LedgerError) {
            adopt(try await Reading.read(key, from: ledger, limit: line.plan.maxModels))
        } catch {
            mustLoad = true
            line.report(.readFailed(error))
            throw .failed(Poll.Failure(.ledger, error.description), Setback())
        }
    }

    /// Goes on from what was read.
    func adopt(_ reading: Reading) {
        book = reading.book
        notes = FeedNotes(reading.book?.notes ?? [:])
        bound = reading.bound
        take(reading)
        hasLostWay = true
        recheck = nil
        mustLoad = false
        tally.cursor = book.map { $0.cursorMilliseconds - (notes.skew ?? 0) }
        tally.isComplete = book?.isComplete ?? false
        if notes.ignoresCreation { line.report(.fallback(true)) }
    }

    /// Publishes all families as the ledger tells them now.
    func show() async {
        guard !mustLoad else { return }
        // Most polls change the cursor alone: thousands of series need not be made anew for that.
        if shown == nil {
            do throws(LedgerError) {
                take(try await Reading.read(key, from: ledger, limit: line.plan.maxModels))
            } catch {
                line.report(.readFailed(error))
                return
            }
        }
        let standing = LedgerFamily.standing(
            of: key.appliance, book: book, modelsTracked: bound.count, modelsLimit: line.plan.maxModels)
        publish(standing + (shown ?? []))
    }

    private func take(_ reading: Reading) {
        holds.show(reading.held, at: line.monotonic)
        shown = reading.families
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
            shown = nil
            await show()
        } catch {
            line.report(.commitFailed(error))
            holds.postpone(keys, until: now + 5_000_000_000)
        }
    }
}
