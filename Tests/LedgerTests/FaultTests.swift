import Ledger
import TestSupport
import Testing

@Suite struct FaultTests {
    @Test(arguments: [LedgerFault.refusedCommits, .fullDisk], [true, false])
    func `a commit that fails changes nothing, and the ledger remains usable`(_ fault: LedgerFault, isFile: Bool)
        async throws
    {
        let fixture = try LedgerFixture()
        let ledger = try isFile ? fixture.open() : Ledger(.memory, executor: LedgerQueue())
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
        try await ledger.close()
        if isFile { #expect(try await Sample.steps(in: fixture.open()) == 2) }
    }

    @Test func `a release that fails leaves the row held`() async throws {
        let ledger = try Ledger(.memory, executor: LedgerQueue())
        let change = RowUpdate(key: Sample.count, operation: .add(1), holdsNewSeries: true, createdMilliseconds: 1)
        try await ledger.commit(WriteBatch(key: Sample.key, changes: [change], checkpoint: Sample.batch(1).checkpoint))
        try await ledger.inject(.refusedCommits)
        await #expect(throws: LedgerError.self) { try await ledger.release([Sample.count], in: Sample.key) }
        #expect(try await ledger.rows(Sample.key).map(\.exposedValue) == [0])
        try await ledger.inject(nil)
        try await ledger.release([Sample.count], in: Sample.key)
        #expect(try await ledger.rows(Sample.key).map(\.exposedValue) == [1])
    }

    @Test func `a closed ledger says so`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        try await ledger.commit(Sample.batch(1))
        try await ledger.close()
        try await ledger.close()
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(2)) }
        #expect(error?.reason == .closed)
        #expect(try fixture.files() == ["ledger.db"], "closing moves the log into the file")
    }
}
