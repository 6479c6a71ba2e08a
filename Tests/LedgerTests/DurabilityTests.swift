import Testing

@testable import Ledger
@testable import SQLiteLedger

/// What no kill shows, because only a power cut would: the settings that make a commit wait for the disk.
@Suite struct DurabilityTests {
    @Test func `each commit is on the disk before it returns`() throws {
        let fixture = try LedgerFixture()
        var opener = LedgerOpener(location: .file(fixture.path), migrations: Migration.all)
        let file = try opener.open()
        // https://sqlite.org/pragma.html: FULL is 2; with less, a power cut takes back what was exposed already.
        #expect(try file.connection.integer("PRAGMA synchronous") == 2)
        #expect(try file.connection.texts("PRAGMA journal_mode") == ["wal"])
    }

    @Test(arguments: [1, 40, 100]) func `a copy of the main file alone is a recent ledger`(steps: Int) async throws {
        let fixture = try LedgerFixture()
        let copy = try LedgerFixture()
        let ledger = try fixture.open()
        for step in 1...steps {
            var batch = Sample.batch(step)
            batch.checkpoint.isComplete = true
            try await ledger.commit(batch)
        }
        try copy.write(try fixture.bytes())
        let copied = try #require(try await Sample.steps(in: copy.open()))
        #expect((max(1, steps - 32)...steps).contains(copied))
    }
}
