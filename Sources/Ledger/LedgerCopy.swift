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
        let appliances = Set(try await source.keys().map(\.appliance)).union(try await source.urls().keys).sorted()
        let epochs = try await takeLeases(of: appliances, in: source)
        _ = try await takeLeases(of: appliances, in: target)
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
        // What an exporter counted since then would be missing: the epochs say that none did. From here on none can.
        let later = try await takeLeases(of: appliances, in: source)
        if let lost = appliances.first(where: { later[$0] != epochs[$0].map { $0 + 1 } }) {
            throw LedgerError(.leased, source.location, lost)
        }
        try await target.commit(batches, urls: urls)
        return batches.count
    }

    /// - Returns: The epochs; none for a ledger without leases.
    private static func takeLeases(
        of appliances: [String], in ledger: any Ledger
    ) async throws(LedgerError) -> [String: Int64] {
        guard let store = ledger.leases else { return [:] }
        let taken = try await store.takeLeases(of: appliances).map { ($0.appliance, $0.epoch) }
        let epochs = Dictionary(taken) { $1 }
        guard let missing = appliances.first(where: { epochs[$0] == nil }) else { return epochs }
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
