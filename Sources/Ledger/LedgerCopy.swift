/// Copies everything that one ledger holds into another one, which has nothing yet.
package enum LedgerCopy {
    /// Copies in one transaction of the target: it has everything afterwards, or nothing.
    ///
    /// Counted and exposed values stay as they are, so no exposed counter makes a step, and the ids of counted records
    /// are there, so none is counted again. In a ledger of a fleet the leases of all appliances are taken first; they
    /// end with `close`.
    ///
    /// - Returns: The number of feeds.
    /// - Throws: `LedgerError` with `.notEmpty` if the target has counts, or `.leased` if an exporter polls one of the
    ///   appliances.
    package static func run(from source: any Ledger, to target: any Ledger) async throws(LedgerError) -> Int {
        let begin = ContinuousClock.now
        let appliances = Set(try await source.keys().map(\.appliance)).union(try await source.urls().keys).sorted()
        for ledger in [source, target] { try await takeLeases(of: appliances, in: ledger) }
        guard try await target.keys().isEmpty else { throw LedgerError(.notEmpty, target.location) }
        var batches: [WriteBatch] = []
        for key in try await source.keys() {
            guard let checkpoint = try await source.checkpoint(key) else { continue }
            batches.append(
                WriteBatch(
                    key: key, changes: try await source.rows(key).map(RowUpdate.init(copying:)),
                    seen: try await source.seenRecords(key), checkpoint: checkpoint))
        }
        let urls = try await source.urls()
        // From here on an exporter could count in the source; what it counts must not be missing in the copy.
        if let lease = source.leases?.leaseDuration, ContinuousClock.now - begin > lease / 2 {
            throw LedgerError(.leaseLost, source.location, "it took longer to read than half of a lease")
        }
        try await target.commit(batches, urls: urls)
        return batches.count
    }

    private static func takeLeases(of appliances: [String], in ledger: any Ledger) async throws(LedgerError) {
        guard let store = ledger.leases else { return }
        let taken = Set(try await store.takeLeases(of: appliances).map(\.appliance))
        guard let missing = appliances.first(where: { !taken.contains($0) }) else { return }
        throw LedgerError(.leased, ledger.location, missing)
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
