import Ledger
import Metrics

/// The part of the ledger that one counted feed owns, with what it held at the last commit.
final class FeedLedger<Counting: RecordCounting> {
    let key: FeedKey
    private let ledger: any Ledger
    /// As it is before any row.
    private let emptyCounting: Counting
    private(set) var counting: Counting
    private(set) var checkpoint: Checkpoint?
    private var holds: NewSeriesHolds
    /// The held series of the families that were read last.
    private var held: [RowKey] = []
    /// The families of records; nil when they have to be read.
    private var cachedFamilies: [MetricFamily]?
    /// After a failed read or commit it is unknown what the ledger holds.
    private(set) var needsReload = true
    /// The checkpoint that was written last, and when; nil before the first commit since the ledger was read.
    private var written: (checkpoint: Checkpoint, at: MonotonicInstant)?

    /// How long only progress may stay unwritten: a sync of the disk for each poll would be most of what an exporter at
    /// rest does.
    ///
    /// A little less than five minutes, so that polls at this interval do not miss it by the time of a response.
    private static var progressInterval: Duration { .seconds(270) }

    /// What a commit counted.
    struct Counted {
        let entries: [Counting.Entry]
        let texts: [String]
        /// Number of records that only the recheck found.
        let lateCount: Int
        /// Whether it is in the ledger; otherwise there was nothing but progress.
        let isWritten: Bool
    }

    /// - Parameter holdDuration: How long a new series is exposed as 0; zero disables the hold.
    init(_ key: FeedKey, in ledger: any Ledger, by counting: Counting, holdDuration: Duration) {
        self.key = key
        self.ledger = ledger
        emptyCounting = counting
        self.counting = counting
        holds = NewSeriesHolds(duration: holdDuration)
    }

    // MARK: Reading

    /// Reads what the ledger holds, at the start and after a failure.
    func load() async throws(LedgerError) {
        needsReload = true
        restore(try await LedgerSnapshot.read(key, from: ledger, by: emptyCounting))
    }

    /// Continues from what the ledger holds.
    func restore(_ snapshot: LedgerSnapshot<Counting>) {
        checkpoint = snapshot.checkpoint
        written = nil
        cache(snapshot)
        needsReload = false
    }

    private func cache(_ snapshot: LedgerSnapshot<Counting>) {
        counting = snapshot.counting
        held = snapshot.held
        cachedFamilies = snapshot.families
    }

    /// All families as the ledger holds them now.
    func families() async throws(LedgerError) -> [MetricFamily] {
        // Most polls move the cursor only, so thousands of series need not be built again.
        if cachedFamilies == nil {
            let snapshot = try await LedgerSnapshot.read(key, from: ledger, by: emptyCounting)
            guard snapshot.checkpoint != nil || checkpoint == nil else {
                // Removed since the commit: what follows must not be added to what is no longer there.
                needsReload = true
                throw LedgerError(.removed, ledger.location)
            }
            cache(snapshot)
        }
        return counting.baseline(of: key.appliance, checkpoint: checkpoint) + (cachedFamilies ?? [])
    }

    // MARK: Commits

    /// Removes the records of a batch that the ledger does not count or has counted before.
    func removeCounted(
        from batch: inout RecordBatch<Counting.Entry>, since oldest: ApplianceTime
    ) async throws(LedgerError) {
        batch.removeOldAndRepeated(before: oldest)
        try await batch.removeSeen { (records) async throws(LedgerError) in try await unseen(records) }
    }

    /// Looks records up; after a failure the ledger has to be read again, as it may have lost the feed.
    private func unseen(_ records: [SeenRecord]) async throws(LedgerError) -> [Bool] {
        do throws(LedgerError) {
            return try await ledger.unseen(records, in: key)
        } catch {
            needsReload = true
            throw error
        }
    }

    /// For each record whether the ledger may count it, and has not.
    func areUncounted(_ records: [SeenRecord]) async throws(LedgerError) -> [Bool] {
        guard let oldest = checkpoint?.countsSince.milliseconds else { return records.map { _ in true } }
        var result: [Bool] = []
        let size = RecordBatch<Counting.Entry>.lookupSize
        while result.count < records.count {
            let portion = records[result.count..<min(result.count + size, records.count)]
            let unseen = try await unseen(Array(portion))
            result += zip(portion, unseen).map { $0.milliseconds >= oldest && $1 }
        }
        return result
    }

    /// Counts new records in one transaction with the checkpoint; without any, the checkpoint may be written later.
    ///
    /// - Parameters:
    ///   - now: The appliance's clock.
    ///   - isOnlyPoll: No other poll follows, which could write the checkpoint.
    func commit(
        _ batch: RecordBatch<Counting.Entry>, _ commit: QueryPlanner.Commit, at now: ApplianceTime,
        monotonic: MonotonicInstant, isOnlyPoll: Bool
    ) async throws(LedgerError) -> Counted {
        let context = CountingContext(
            start: commit.checkpoint.start, now: now, isFirstLookback: commit.isFirstLookback,
            holdsNewSeries: !commit.isFirstLookback && holds.isEnabled, lateBefore: commit.lateBefore)
        var counting = counting
        let changes = counting.count(batch.entries, texts: batch.texts, in: context)
        let next = commit.checkpoint
        let seen = batch.entries.map { $0.seenRecord }
        let isWritten = !seen.isEmpty || isOnlyPoll || isDue(next, at: monotonic)
        if isWritten {
            needsReload = true
            try await ledger.commit(
                WriteBatch(
                    key: key, changes: changes, seen: seen,
                    forgetBeforeMilliseconds: next.dedupeHorizon.map { $0.milliseconds - SeenRecord.tolerance },
                    checkpoint: next.stored))
            needsReload = false
            written = (next, monotonic)
        }
        // The families appear with the commit that completes the first lookback, whatever it counts.
        if !changes.isEmpty || checkpoint?.isComplete != next.isComplete { cachedFamilies = nil }
        self.counting = counting
        checkpoint = next
        return Counted(
            entries: batch.entries, texts: batch.texts, lateCount: seen.count(where: context.isLate),
            isWritten: isWritten)
    }

    /// Whether a checkpoint has to be written, although nothing was counted.
    private func isDue(_ checkpoint: Checkpoint, at now: MonotonicInstant) -> Bool {
        guard let written else { return true }
        return !checkpoint.isOnlyProgress(since: written.checkpoint) || now - written.at >= Self.progressInterval
    }

    // MARK: Holds

    /// Starts the holds of new series; call it when the families that were read last have been published.
    func startHolds(at now: MonotonicInstant) { holds.start(held, at: now) }

    /// When the next hold ends.
    var holdDue: MonotonicInstant? { holds.due }

    /// The held series; none while it is unknown whether the ledger holds what is published.
    var heldSeries: [RowKey] { cachedFamilies == nil ? [] : holds.keys }

    /// Releases series whose hold has ended.
    ///
    /// - Returns: Whether there was any.
    func releaseExpired(at now: MonotonicInstant) async throws(LedgerError) -> Bool {
        let keys = holds.expired(at: now)
        guard !keys.isEmpty else { return false }
        do throws(LedgerError) {
            try await ledger.release(keys, in: key)
        } catch {
            holds.postpone(keys, until: now + .seconds(5))
            throw error
        }
        holds.remove(keys)
        cachedFamilies = nil
        return true
    }
}
