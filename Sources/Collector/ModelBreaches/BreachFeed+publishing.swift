import Ledger
import Metrics

/// From the ledger to the families.
extension BreachFeed {
    /// Reads what the ledger holds, at the start and after a failure.
    func load() async throws(PollError) {
        do throws(LedgerError) {
            restoreState(try await LedgerSnapshot.read(key, from: ledger, limit: session.plan.maxModels))
        } catch {
            needsReload = true
            session.report(.readFailed(error))
            throw .failed(PollReport.Failure(.ledger, error.description), RetryPolicy())
        }
    }

    /// Goes on from what was read.
    func restoreState(_ reading: LedgerSnapshot) {
        checkpoint = reading.checkpoint
        metadata = FeedMetadata(reading.checkpoint?.metadata ?? [:])
        modelLimit = reading.modelLimit
        take(reading)
        needsReplan = true
        recheck = nil
        needsReload = false
        counts.cursor = checkpoint.map { $0.cursorMilliseconds - (metadata.skew ?? 0) }
        counts.isComplete = checkpoint?.isComplete ?? false
        if metadata.usesActivityTime { session.report(.creationTimeFallback(true)) }
    }

    /// Publishes all families as the ledger tells them now.
    func publishFamilies() async {
        guard !needsReload else { return }
        // Most polls change the cursor alone: thousands of series need not be made anew for that.
        if cachedFamilies == nil {
            do throws(LedgerError) {
                take(try await LedgerSnapshot.read(key, from: ledger, limit: session.plan.maxModels))
            } catch {
                session.report(.readFailed(error))
                return
            }
        }
        let standing = BreachMetrics.baselineFamilies(
            of: key.appliance, checkpoint: checkpoint, modelsTracked: modelLimit.count,
            modelsLimit: session.plan.maxModels)
        publish(standing + (cachedFamilies ?? []))
    }

    private func take(_ reading: LedgerSnapshot) {
        holds.start(reading.held, at: session.monotonic)
        cachedFamilies = reading.families
    }

    /// Lets go of what was held long enough; it is on the disk before anybody sees it.
    func timerFired() async {
        let now = session.monotonic
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
            holds.postpone(keys, until: now + 5_000_000_000)
        }
    }
}
