import Testing

@testable import Ledger

/// What no kill shows, because only a power cut would: the settings that make a commit wait for the disk.
@Suite struct DurabilityTests {
    @Test func `each commit is on the disk before it returns, and no other process may write`() throws {
        let fixture = try LedgerFixture()
        let connection = try LedgerOpener(location: .file(fixture.path), migrations: Migration.all).connection()
        // https://sqlite.org/pragma.html: FULL is 2; with less, a power cut takes back what was exposed already.
        #expect(try connection.integer("PRAGMA synchronous") == 2)
        #expect(try connection.texts("PRAGMA journal_mode") == ["wal"])
        #expect(try connection.texts("PRAGMA locking_mode") == ["exclusive"])
    }
}
