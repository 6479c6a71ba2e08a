import Ledger

extension BreachBatch {
    /// Drops what is too old to count and what stands twice, whatever the order it came in.
    mutating func dropOldAndRepeated(before oldest: Int64) {
        entries.removeAll { $0.time < oldest }
        entries.sort { ($0.id, $0.time) < ($1.id, $1.time) }
        var kept = 0
        for entry in entries {
            if kept > 0, case let last = entries[kept - 1], last.id == entry.id,
                entry.time - last.time <= SeenRecord.tolerance
            {
                continue
            }
            entries[kept] = entry
            kept += 1
        }
        entries.removeLast(entries.count - kept)
    }

    /// Drops what the ledger knows.
    ///
    /// - Parameter unknown: For each mark whether it was never counted; asked in portions.
    mutating func dropKnown<Failure: Error>(
        unknown: ([SeenRecord]) async throws(Failure) -> [Bool]
    ) async throws(Failure) {
        var kept = 0
        var next = 0
        while next < entries.count {
            let portion = next..<min(next + 2_000, entries.count)
            let answers = try await unknown(portion.map { entries[$0].mark })
            for (index, isUnknown) in zip(portion, answers) where isUnknown {
                entries[kept] = entries[index]
                kept += 1
            }
            next = portion.upperBound
        }
        entries.removeLast(entries.count - kept)
    }
}

extension BreachBatch.Entry {
    /// What tells it from every other record.
    var mark: SeenRecord { SeenRecord(id: id, milliseconds: time) }
}
