import Ledger
import PostgresLedger
import TestSupport
import Testing

@Suite struct LedgerCopyTests {
    private static let directions: [(from: LedgerKind, to: LedgerKind)] = [
        (.sqlite, .postgres), (.postgres, .sqlite), (.postgres, .postgres),
    ]

    /// Rows of every kind: held and released, sums and buckets, negative, with a newest record and without.
    private func fill(_ ledger: any Ledger) async throws {
        let held = RowKey(family: "a", labels: ["é", "\u{0}x"])
        let changes = [
            RowUpdate(
                key: held, operation: .add(0.1 + 0.2), exemplar: SeenRecord(id: .min, milliseconds: 5),
                exemplarValue: 0.7, holdsNewSeries: true, createdMilliseconds: 3),
            RowUpdate(
                key: RowKey(family: "b", labels: [], part: .sum), operation: .maximum(-3.5), createdMilliseconds: 4),
            RowUpdate(
                key: RowKey(family: "b", labels: [], part: .bucket(7)), operation: .add(0), createdMilliseconds: 5),
            RowUpdate(
                key: RowKey(family: "c", labels: ["x"]), operation: .add(1e300),
                exemplar: SeenRecord(id: 9, milliseconds: .max), createdMilliseconds: 6),
        ]
        let checkpoint = FeedCheckpoint(
            startMilliseconds: -5, cursorMilliseconds: 77, isComplete: true, metadata: ["": "x", "minimal": "no"])
        try await ledger.commit(
            WriteBatch(
                key: FeedKey(appliance: "branch", feed: "actions"), changes: changes,
                seen: [SeenRecord(id: .max, milliseconds: .min), SeenRecord(id: 1, milliseconds: 2)],
                checkpoint: checkpoint))
        for step in 1...3 { try await ledger.commit(Sample.batch(step, padding: 6_000)) }
        try await ledger.recordURL("https://hq.example.com", of: "hq")
    }

    /// Everything that a ledger holds.
    private struct Content: Equatable {
        var checkpoints: [FeedKey: FeedCheckpoint] = [:]
        var rows: [FeedKey: [LedgerRow]] = [:]
        var seen: [FeedKey: Set<SeenRecord>] = [:]
        var urls: [String: String]

        init(of ledger: any Ledger) async throws {
            urls = try await ledger.urls()
            for key in try await ledger.keys() {
                checkpoints[key] = try await ledger.checkpoint(key)
                rows[key] = try await ledger.rows(key)
                seen[key] = Set(try await ledger.seenRecords(key))
            }
        }
    }

    @Test(arguments: directions)
    func `a copy holds what the source holds, bit by bit`(_ from: LedgerKind, _ to: LedgerKind) async throws {
        let source = try await from.ledger()
        try await fill(source)
        let target = try await to.ledger()
        #expect(try await LedgerCopy.run(from: source, to: target) == 2)
        let content = try await Content(of: source)
        #expect(try await Content(of: target) == content)
        #expect(content.rows.values.map(\.count).sorted() == [2, 4])
        // The copy continues where the source was.
        try await target.commit(Sample.batch(4))
        #expect(try await Sample.steps(in: target) == 4)
        #expect(
            try await target.unseen(
                [SeenRecord(id: 1, milliseconds: 3)], in: FeedKey(appliance: "branch", feed: "actions")) == [false])
    }

    @Test(arguments: LedgerKind.allCases)
    func `a target with counts is left as it is`(_ kind: LedgerKind) async throws {
        let source = try await LedgerKind.sqlite.ledger()
        try await fill(source)
        let target = try await kind.ledger()
        try await target.commit(Sample.batch(1))
        let error = await #expect(throws: LedgerError.self) { _ = try await LedgerCopy.run(from: source, to: target) }
        #expect(error?.reason == .notEmpty)
        #expect(try await target.keys() == [Sample.key])
        #expect(try await Sample.steps(in: target) == 1)
    }

    @Test(arguments: LedgerKind.allCases)
    func `a copy that fails leaves the target empty`(_ kind: LedgerKind) async throws {
        let source = try await LedgerKind.sqlite.ledger()
        try await fill(source)
        let target = try await kind.ledger()
        try await target.inject(.refusedCommits)
        await #expect(throws: LedgerError.self) { _ = try await LedgerCopy.run(from: source, to: target) }
        try await target.inject(nil)
        #expect(try await target.keys().isEmpty)
        #expect(try await LedgerCopy.run(from: source, to: target) == 2)
    }

    @Test func `while a replica polls one of the appliances, neither source nor target is copied`() async throws {
        let store = try await PostgresStore()
        let polling = try await store.open(leases: ["branch", "hq"])
        try await fill(polling)
        let copying = try await store.open()
        let file = try await LedgerKind.sqlite.ledger()
        try await polling.releaseLeases(of: ["branch"])
        let outward = await #expect(throws: LedgerError.self) { try await LedgerCopy.run(from: copying, to: file) }
        #expect(outward?.reason == .leased && outward?.detail == "hq")
        #expect(try await file.keys().isEmpty)
        // An exporter that began with an empty database.
        let other = try await PostgresStore()
        let target = try await other.open()
        let begun = try await other.open(leases: ["hq"])
        try await polling.releaseLeases(of: ["hq"])
        let inward = await #expect(throws: LedgerError.self) { try await LedgerCopy.run(from: copying, to: target) }
        #expect(inward?.reason == .leased && inward?.detail == "hq")
        try await begun.close()
        #expect(try await LedgerCopy.run(from: copying, to: target) == 2)
        for ledger in [copying, target] { try await ledger.close() }
        #expect(try await other.open(leases: ["branch", "hq"]).keys().count == 2)
    }

    /// A ledger that counts on while it is read, as one whose leases ended in a copy that takes very long.
    @Test func `a copy of counts that another replica may have changed since it began fails`() async throws {
        let store = try await PostgresStore()
        let source = try await store.open(leases: ["branch", "hq"])
        try await fill(source)
        try await store.query(
            """
            CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN NEW.epoch := NEW.epoch + 1; RETURN NEW; END';
            CREATE TRIGGER lose BEFORE UPDATE ON darktrace_exporter.lease
                FOR EACH ROW WHEN (NEW.appliance = 'hq' AND OLD.epoch > 1) EXECUTE FUNCTION lose();
            """)
        let target = try await LedgerKind.sqlite.ledger()
        let error = await #expect(throws: LedgerError.self) { try await LedgerCopy.run(from: source, to: target) }
        #expect(error?.reason == .leased && error?.detail == "hq")
        #expect(try await target.keys().isEmpty)
    }
}
