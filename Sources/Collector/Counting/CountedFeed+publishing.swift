import Ledger

// Publishing: what the ledger holds, at the start, after each commit and at the end of a hold.
extension CountedFeed {
    /// Publishes what the ledger holds from earlier runs.
    func restore() async {
        if let snapshot = restored.take() {
            store.restore(snapshot)
            continueFromLedger()
        } else {
            // The first poll reads it again, and reports a failure.
            try? await load()
        }
        await publishFamilies()
    }

    /// Reads the ledger again after a failed read or commit.
    func reloadIfNeeded() async throws(PollError) {
        guard store.needsReload else { return }
        try await load()
        await publishFamilies()
    }

    private func load() async throws(PollError) {
        do throws(LedgerError) {
            try await store.load()
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

    /// Updates what the report of a poll states of the checkpoint.
    func setCounts(_ checkpoint: Checkpoint?) {
        counts.cursor = checkpoint?.cursorByExporter
        counts.isComplete = checkpoint?.isComplete ?? false
    }

    /// Publishes the families as the ledger holds them now; nothing while that is unknown.
    func publishFamilies() async {
        guard !store.needsReload else { return }
        do throws(LedgerError) {
            publish(try await store.families())
            // Not before: from now on scrapers can see the new series.
            store.startHolds(at: session.monotonic)
        } catch {
            session.report(.readFailed(error))
        }
    }

    // MARK: Holds

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
}
