import Foundation
import Ledger
import SQLiteLedger
import Testing

@Suite struct MigrationTests {
    private let fixture: LedgerFixture
    private let later = Migration(version: 4, sql: "ALTER TABLE \"row\" ADD COLUMN unit TEXT NOT NULL DEFAULT 's'")

    init() throws { fixture = try LedgerFixture() }

    @Test func `versions count from 1 without gaps, and each but the newest left a file to migrate from`() throws {
        let versions = Migration.all.map(\.version)
        #expect(versions == Array(1...Int64(versions.count)))
        for version in versions { _ = try fixture(version) }
    }

    /// The SQL of a ledger that a program of that version made: four steps of `Sample`, a held row, another appliance.
    @Test(arguments: Migration.all.map(\.version))
    func `a ledger of any version keeps its numbers`(version: Int64) async throws {
        try load(version)
        let ledger = try fixture.open()
        let held = try await ledger.rows(FeedKey(appliance: "branch", feed: "modelbreaches")).first
        #expect(held?.newestValue == (version < 3 ? nil : 2.25))
        #expect(try await ledger.urls() == (version < 3 ? [:] : ["branch": "https://branch.example.com"]))
        try await expectFixture(in: ledger)
    }

    @Test(arguments: Migration.all.map(\.version))
    func `a later schema is reached from any version`(version: Int64) async throws {
        try load(version)
        let migrations = Migration.all + [later]
        try await expectFixture(in: fixture.open(migrations: migrations))
        #expect(try Connection(path: fixture.path).integer("PRAGMA user_version") == 4)
        #expect(try Connection(path: fixture.path).integer("SELECT count(*) FROM \"row\" WHERE unit = 's'") == 4)
        try fixture.expectRefusal([.newer])
        try await expectFixture(in: fixture.open(migrations: migrations))
    }

    @Test func `a migration that fails is not there by halves`() async throws {
        try load(1)
        let broken = Migration(version: 4, sql: "CREATE TABLE half (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)")
        #expect(throws: LedgerError.self) { _ = try fixture.open(migrations: Migration.all + [broken]) }
        try await expectFixture(in: fixture.open())
        #expect(
            try Connection(path: fixture.path).integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0)
    }

    @Test func `a new ledger goes through all versions`() async throws {
        let ledger = try fixture.open(migrations: Migration.all + [later])
        try await ledger.commit(Sample.batch(1))
        try await ledger.close()
        #expect(try Connection(path: fixture.path).texts("SELECT DISTINCT unit FROM \"row\"") == ["s"])
    }

    @Test func `before a migration the file is copied, and a later migration replaces the copy`() async throws {
        let copy = fixture.path + ".before-\(Migration.all.count)"
        for _ in 0..<2 {
            try load(1)
            try await fixture.open().close()
            #expect(try Connection(path: copy).integer("PRAGMA user_version") == 1)
            #expect(try Connection(path: copy).integer("SELECT count(*) FROM \"row\"") == 4)
            try FileManager.default.removeItem(atPath: fixture.path)
        }
        try fixture.write(Data(contentsOf: URL(filePath: copy)))
        try await expectFixture(in: fixture.open())
        let files = try fixture.files()
        try await fixture.open().close()
        #expect(try fixture.files() == files, "a file of this version is not copied")
    }

    @Test func `damage of an older version is not hidden by the migration`() async throws {
        try load(2)
        try Connection(path: fixture.path).execute("UPDATE \"row\" SET counted = 9 WHERE feed = 2 AND family = 'held'")
        let ledger = try fixture.open()
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.rows(FeedKey(appliance: "branch", feed: "modelbreaches"))
        }
        #expect(error?.reason == .damagedFeed)
        #expect(try await Sample.steps(in: ledger) == 4)
    }

    private func fixture(_ version: Int64) throws -> String {
        let file = try #require(Bundle.module.url(forResource: "Fixtures/version-\(version)", withExtension: "sql"))
        return try String(contentsOf: file, encoding: .utf8)
    }

    private func load(_ version: Int64) throws {
        try fixture.write(Data())
        try Connection(path: fixture.path).execute(fixture(version))
    }

    /// Checks and closes.
    private func expectFixture(in ledger: any Ledger) async throws {
        let branch = FeedKey(appliance: "branch", feed: "modelbreaches")
        #expect(try await ledger.keys() == [branch, Sample.key])
        #expect(try await Sample.steps(in: ledger) == 4)
        let checkpoint = FeedCheckpoint(
            startMilliseconds: 1, cursorMilliseconds: 2, isComplete: true, metadata: ["minimal": "false", "": "a:b"])
        #expect(try await ledger.checkpoint(branch) == checkpoint)
        let rows = [
            LedgerRow(
                key: RowKey(family: "held", labels: ["A::\u{e9}\n", ""], part: .bucket(3)), value: 2.5, exposedValue: 0,
                isHeld: true, newest: SeenRecord(id: -9, milliseconds: 7), createdMilliseconds: 5),
            LedgerRow(
                key: RowKey(family: "latest", labels: []), value: -1, exposedValue: -1, isHeld: false, newest: nil,
                createdMilliseconds: 6),
        ]
        let stored = try await ledger.rows(branch).map {
            LedgerRow(
                key: $0.key, value: $0.value, exposedValue: $0.exposedValue, isHeld: $0.isHeld, newest: $0.newest,
                createdMilliseconds: $0.createdMilliseconds)
        }
        #expect(stored == rows)
        #expect(try await ledger.unseen([SeenRecord(id: -9, milliseconds: 7)], in: branch) == [false])
        try await ledger.close()
    }
}
