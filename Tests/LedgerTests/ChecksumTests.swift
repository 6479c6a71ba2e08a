import Foundation
import Ledger
import SQLiteLedger
import TestSupport
import Testing

/// Damage that SQLite's own checks do not notice.
@Suite struct ChecksumTests {
    private let fixture: LedgerFixture
    private static let other = FeedKey(appliance: "branch", feed: "modelbreaches")

    init() throws { fixture = try LedgerFixture() }

    /// A ledger with two feeds, one of which has a held row.
    private func fill() async throws {
        let ledger = try fixture.open()
        for step in 1...5 { try await ledger.commit(Sample.batch(step, padding: 20)) }
        let held = RowUpdate(key: Sample.count, operation: .add(3), holdsNewSeries: true, createdMilliseconds: 1)
        try await ledger.commit(
            WriteBatch(
                key: Self.other, changes: [held],
                checkpoint: FeedCheckpoint(startMilliseconds: 1, cursorMilliseconds: 2)))
        try await ledger.close()
    }

    private func change(_ sql: String) throws { try Connection(path: fixture.path).execute(sql) }

    @Test(arguments: [
        "UPDATE \"row\" SET counted = counted + 1 WHERE feed = 1 AND part = -1",
        "UPDATE \"row\" SET told = 5.5 WHERE feed = 1 AND part = -2",
        "UPDATE \"row\" SET labels = '1:x' WHERE feed = 1 AND part = -2",
        "DELETE FROM \"row\" WHERE feed = 1 AND part = -1",
        "UPDATE \"row\" SET newest_ms = NULL WHERE feed = 1 AND part = -1",
        "UPDATE mark SET ms = ms + 1 WHERE feed = 1 AND id = 3",
        "DELETE FROM mark WHERE feed = 1 AND id = 2", "UPDATE feed SET cursor_ms = cursor_ms + 1 WHERE number = 1",
        "UPDATE feed SET start_ms = 4 WHERE number = 1", "UPDATE feed SET notes = '1:a1:b' WHERE number = 1",
        "UPDATE checksum SET row_sum = row_sum + 1 WHERE feed = 1", "DELETE FROM checksum WHERE feed = 1",
    ])
    func `a feed whose content was altered is refused, and no other`(_ sql: String) async throws {
        try await fill()
        try change(sql)
        let ledger = try fixture.open()
        for read in [
            { _ = try await ledger.rows(Sample.key) }, { _ = try await ledger.checkpoint(Sample.key) },
            { _ = try await ledger.unseen([SeenRecord(id: 1, milliseconds: 1)], in: Sample.key) },
            { try await ledger.commit(Sample.batch(6)) }, { try await ledger.release([Sample.count], in: Sample.key) },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: LedgerError.self) { try await read() }
            #expect(error?.reason == .damagedFeed)
        }
        #expect(try await ledger.rows(Self.other).map(\.value) == [3])
        try await ledger.release([Sample.count], in: Self.other)
        #expect(try await ledger.rows(Self.other).map(\.exposedValue) == [3])
    }

    /// SQLite stores a real number without a fraction as an integer, which has no negative zero.
    @Test(arguments: [-0.0, 0, 5, 0.1, 4_503_599_627_370_497, 1e300, .leastNonzeroMagnitude])
    func `numbers that SQLite stores in another form match their checksum`(_ number: Double) async throws {
        let ledger = try fixture.open()
        let changes = [RowUpdate.Operation.add(number), .maximum(number), .add(number)].map { operation in
            RowUpdate(
                key: Sample.count, operation: operation, exemplar: SeenRecord(id: 1, milliseconds: 1),
                exemplarValue: number, createdMilliseconds: 1)
        }
        let checkpoint = FeedCheckpoint(startMilliseconds: 1, cursorMilliseconds: 2)
        for change in changes {
            try await ledger.commit(WriteBatch(key: Sample.key, changes: [change], checkpoint: checkpoint))
        }
        try await ledger.close()
        let rows = try await fixture.open().rows(Sample.key)
        #expect(rows.map(\.value) == [number * 2])
        #expect(rows.map(\.newestValue) == [number])
    }

    @Test func `a feed whose name was altered does not start again as a new one`() async throws {
        try await fill()
        try change("UPDATE feed SET appliance = 'hp' WHERE appliance = 'hq'")
        let ledger = try fixture.open()
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(1)) }
        #expect(error?.reason == .damagedFeed)
        #expect(try await ledger.rows(Self.other).count == 1)
    }

    @Test func `a ledger in which no appliance is intact is refused as a whole`() async throws {
        try await fill()
        let more = FeedKey(appliance: Sample.key.appliance, feed: "another")
        let ledger = try fixture.open()
        try await ledger.commit(Sample.batch(1, key: more))
        try await ledger.close()
        try change("UPDATE \"row\" SET counted = counted + 1 WHERE part = -1 AND feed <> 3")
        try fixture.expectRefusal([.damaged])
    }

    @Test func `a ledger that is refused after a crash keeps its log, and its mode`() async throws {
        try await fixture.fill(steps: 5)
        let connection = try Connection(path: fixture.path)
        try connection.execute("UPDATE \"row\" SET counted = counted + 1 WHERE part = -1")
        let (file, log) = (try fixture.bytes(), try fixture.bytes(of: "-wal"))
        try #require(!log.isEmpty)
        _ = consume connection
        try fixture.write(file)
        try fixture.write(log, to: "-wal")
        chmod(fixture.path, 0o644)
        try fixture.expectRefusal([.damaged])
        var facts = stat()
        #expect(stat(fixture.path, &facts) == 0 && facts.st_mode & 0o777 == 0o644)
    }

    @Test func `any single flipped bit is noticed, or changes nothing`() async throws {
        try await fill()
        let whole = try fixture.bytes()
        var random = SeededRNG(seed: 7)
        for _ in 0..<300 {
            var flipped = whole
            flipped[Int.random(in: 100..<whole.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try fixture.write(flipped)
            do {
                let ledger = try fixture.open()
                #expect(try await Sample.steps(in: ledger) == 5)
            } catch let error as LedgerError {
                #expect(
                    [.damaged, .damagedFeed, .foreign, .newer, .notDatabase, .unexpected].contains(error.reason),
                    "\(error)")
            }
        }
    }
}
