import Ledger
import TestSupport
import Testing

@Suite struct FaultTests {
    @Test(arguments: [LedgerFault.refusedCommits, .fullDisk], LedgerKind.allCases)
    func `a commit that fails changes nothing, and the ledger remains usable`(
        _ fault: LedgerFault, _ kind: LedgerKind
    ) async throws {
        let store = try await kind.store()
        let ledger = try await store.openAgain()
        try await ledger.commit(Sample.batch(1))
        try await ledger.inject(fault)
        for _ in 0..<3 {
            // More records than the free pages of the file can take.
            let error = await #expect(throws: LedgerError.self) {
                try await ledger.commit(Sample.batch(2, padding: 2_000))
            }
            #expect(error?.reason == (fault == .fullDisk ? .full : .refused))
            #expect(try await Sample.steps(in: ledger) == 1)
        }
        try await ledger.inject(nil)
        try await ledger.commit(Sample.batch(2, padding: 2_000))
        #expect(try await Sample.steps(in: ledger) == 2)
        #expect(try await ledger.verify() == [], "no fault damages anything")
        try await ledger.close()
        #expect(try await Sample.steps(in: store.openAgain()) == 2)
    }

    @Test(arguments: LedgerKind.allCases)
    func `a release that fails leaves the row held`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let change = RowUpdate(key: Sample.count, operation: .add(1), holdsNewSeries: true, createdMilliseconds: 1)
        try await ledger.commit(WriteBatch(key: Sample.key, changes: [change], checkpoint: Sample.batch(1).checkpoint))
        try await ledger.inject(.refusedCommits)
        await #expect(throws: LedgerError.self) { try await ledger.release([Sample.count], in: Sample.key) }
        #expect(try await ledger.rows(Sample.key).map(\.exposedValue) == [0])
        try await ledger.inject(nil)
        try await ledger.release([Sample.count], in: Sample.key)
        #expect(try await ledger.rows(Sample.key).map(\.exposedValue) == [1])
    }

    @Test(arguments: LedgerKind.allCases)
    func `a closed ledger says so`(_ kind: LedgerKind) async throws {
        let store = try await kind.store()
        let ledger = try await store.openAgain()
        try await ledger.commit(Sample.batch(1))
        try await ledger.close()
        try await ledger.close()
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(2)) }
        #expect(error?.reason == .closed)
        if let file = store as? LedgerFixture {
            #expect(try file.files() == ["ledger.db"], "closing moves the log into the file")
        }
    }
}
