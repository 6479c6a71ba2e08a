import Ledger
import Metrics

/// From the ledger to the families.
extension BreachFeed {
    /// Publishes what the ledger holds from earlier runs.
    func restore() async {
        if let snapshot = restored {
            restored = nil
            restoreState(snapshot)
        } else {
            // The first poll reads it again, and reports a failure.
            try? await load()
        }
        await publishFamilies()
    }

    /// Reads what the ledger holds, at the start and after a failure.
    func load() async throws(PollError) {
        do throws(LedgerError) {
            restoreState(try await LedgerSnapshot.read(key, from: ledger, limit: session.plan.maxModels))
        } catch {
            needsReload = true
            session.report(.readFailed(error))
            throw PollError(error)
        }
    }

    private func restoreState(_ snapshot: LedgerSnapshot) {
        planner.restore(snapshot.checkpoint)
        modelLimit = snapshot.modelLimit
        cache(snapshot)
        needsReload = false
        counts.cursor = snapshot.checkpoint?.cursorByExporter
        counts.isComplete = snapshot.checkpoint?.isComplete ?? false
        if snapshot.checkpoint?.usesActivityTime == true { session.report(.creationTimeFallback(true)) }
    }

    private func cache(_ snapshot: LedgerSnapshot) {
        holds.start(snapshot.held, at: MonotonicInstant(nanoseconds: session.monotonic))
        cachedFamilies = snapshot.families
    }

    /// Publishes all families as the ledger holds them now.
    func publishFamilies() async {
        guard !needsReload else { return }
        // Most polls move the cursor only, so thousands of series need not be built again.
        if cachedFamilies == nil {
            do throws(LedgerError) {
                cache(try await LedgerSnapshot.read(key, from: ledger, limit: session.plan.maxModels))
            } catch {
                session.report(.readFailed(error))
                return
            }
        }
        let baseline = BreachMetrics.baselineFamilies(
            of: key.appliance, checkpoint: planner.checkpoint, modelsTracked: modelLimit.count,
            modelsLimit: session.plan.maxModels)
        publish(baseline + (cachedFamilies ?? []))
    }

    // MARK: Holds

    var timerDue: Int64? { holds.due?.nanoseconds }

    /// None while it is unknown whether the ledger holds what is published.
    var heldSeries: (feed: FeedKey, rows: [RowKey]) { (key, cachedFamilies == nil ? [] : holds.keys) }

    /// Releases series whose hold has ended; the ledger commits the release before it is published.
    func timerFired() async {
        let now = MonotonicInstant(nanoseconds: session.monotonic)
        let keys = holds.expired(at: now)
        guard !keys.isEmpty else { return }
        let begin = session.monotonic
        do throws(LedgerError) {
            try await ledger.release(keys, in: key)
            session.report(.committed(seconds: Double(session.monotonic - begin) / 1e9))
            holds.remove(keys)
            cachedFamilies = nil
            await publishFamilies()
        } catch {
            session.report(.commitFailed(error))
            holds.postpone(keys, until: now + .seconds(5))
        }
    }
}
