/// Copies everything that one ledger holds into another one, which has nothing yet.
package enum LedgerCopy {
    /// Copies in one transaction of the target: it has everything afterwards, or nothing.
    ///
    /// Counted and exposed values stay as they are, so no exposed counter makes a step, and the ids of counted records
    /// are there, so none is counted again.
    ///
    /// - Returns: The number of feeds.
    /// - Throws: `LedgerError` with `.notEmpty` if the target has counts.
    package static func run(from source: any Ledger, to target: any Ledger) async throws(LedgerError) -> Int {
        guard try await target.keys().isEmpty else { throw LedgerError(.notEmpty, target.location) }
        var batches: [WriteBatch] = []
        for key in try await source.keys() {
            guard let checkpoint = try await source.checkpoint(key) else { continue }
            batches.append(
                WriteBatch(
                    key: key, changes: try await source.rows(key).map(RowUpdate.init(copying:)),
                    seen: try await source.seenRecords(key), checkpoint: checkpoint))
        }
        try await target.commit(batches, urls: try await source.urls())
        return batches.count
    }
}

extension RowUpdate {
    /// The change that creates such a row.
    fileprivate init(copying row: LedgerRow) {
        // Unlike an amount, a maximum may be negative; in a new row it is the value.
        self.init(
            key: row.key, operation: .maximum(row.value), exemplar: row.newest, exemplarValue: row.newestValue,
            holdsNewSeries: row.isHeld, createdMilliseconds: row.createdMilliseconds)
    }
}
