import Foundation
import Ledger
import Testing

@Suite struct RestartTests {
    private let key = FeedKey(appliance: "hq", feed: "modelbreaches")

    @Test(arguments: [true, false], LedgerKind.allCases)
    func `a restart serves the same rows`(isClosed: Bool, _ kind: LedgerKind) async throws {
        let store = try await kind.store()
        let rows = try await commit(to: store, isClosed: isClosed)
        #expect(rows.map(\.exposedValue) == [0, 1])
        let ledger = try await store.openAgain()
        #expect(try await ledger.rows(key) == rows)
        #expect(try await ledger.checkpoint(key)?.metadata == ["": "x", "minimal": "no"])
        #expect(try await ledger.keys() == [key])
    }

    /// The ledger ends with this function, closed or merely dropped.
    private func commit(to store: any LedgerStore, isClosed: Bool) async throws -> [LedgerRow] {
        let ledger = try await store.openAgain()
        let changes = [
            RowUpdate(
                key: RowKey(family: "breaches", labels: ["é", "e\u{301}", "a\u{0}:b"]), operation: .add(2),
                holdsNewSeries: true, createdMilliseconds: 3),
            RowUpdate(
                key: RowKey(family: "score", labels: [], part: .bucket(7)), operation: .add(1),
                exemplar: SeenRecord(id: .min, milliseconds: .max), createdMilliseconds: 4),
        ]
        let checkpoint = FeedCheckpoint(
            startMilliseconds: 1, cursorMilliseconds: 2, isComplete: true, metadata: ["": "x", "minimal": "no"])
        try await ledger.commit(
            WriteBatch(key: key, changes: changes, seen: [SeenRecord(id: -5, milliseconds: 1)], checkpoint: checkpoint))
        let rows = try await ledger.rows(key)
        if isClosed { try await ledger.close() }
        return rows
    }
}
