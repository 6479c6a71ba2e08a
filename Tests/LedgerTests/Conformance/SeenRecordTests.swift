import Ledger
import Testing

@Suite struct SeenRecordTests {
    private let checkpoint = FeedCheckpoint(startMilliseconds: 0, cursorMilliseconds: 0)

    @Test(
        arguments: LedgerKind.allCases,
        [(0, false), (60_000, false), (-60_000, false), (60_001, true), (-60_001, true), (86_400_000, true)])
    func `an id is known within a minute of a stored time`(
        _ kind: LedgerKind, _ example: (offset: Int64, isUnknown: Bool)
    ) async throws {
        let ledger = try await kind.ledger()
        let time: Int64 = 1_700_000_000_000
        try await store(in: ledger, [SeenRecord(id: -7, milliseconds: time)])
        let asked = [SeenRecord(id: -7, milliseconds: time + example.offset), SeenRecord(id: 7, milliseconds: time)]
        #expect(try await ledger.unseen(asked, in: Sample.key) == [example.isUnknown, true])
    }

    @Test(arguments: LedgerKind.allCases)
    func `an id has several lives`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let lives = [0, 1, 2].map { SeenRecord(id: 5, milliseconds: $0 * 3_600_000) }
        for life in lives {
            #expect(try await ledger.unseen([life], in: Sample.key) == [true])
            try await store(in: ledger, [life])
        }
        #expect(try await ledger.unseen(lives, in: Sample.key) == [false, false, false])
        #expect(try await ledger.unseen([SeenRecord(id: 5, milliseconds: 1_800_000)], in: Sample.key) == [true])
    }

    @Test(arguments: LedgerKind.allCases, [Int64.min, .min + 1, -1, 0, 1, 1_000_000_000_000, .max - 1, .max])
    func `any id and time can be stored`(_ kind: LedgerKind, _ extreme: Int64) async throws {
        let ledger = try await kind.ledger()
        let records = [SeenRecord(id: extreme, milliseconds: 0), SeenRecord(id: 0, milliseconds: extreme)]
        try await store(in: ledger, records)
        #expect(try await ledger.unseen(records, in: Sample.key) == [false, false])
    }

    @Test(arguments: LedgerKind.allCases)
    func `a repeated record is stored once`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let record = SeenRecord(id: 1, milliseconds: 10)
        let near = SeenRecord(id: 1, milliseconds: 11)
        try await store(in: ledger, [record, record, near])
        #expect(try await ledger.seenCount() == 2)
        try await store(in: ledger, [near, record, SeenRecord(id: 2, milliseconds: 10)])
        #expect(try await ledger.seenCount() == 3)
    }

    /// Many are stored in groups, of which one may have records that are stored already.
    @Test(arguments: LedgerKind.allCases, [0, 1, 31, 32, 33, 99])
    func `of many records each is stored once, wherever a repeated one is`(
        _ kind: LedgerKind, _ place: Int
    ) async throws {
        let store = try await kind.store()
        let ledger = try await store.openAgain()
        let records = (0..<100).map { SeenRecord(id: Int64($0), milliseconds: 10) }
        try await self.store(in: ledger, [records[place]])
        try await self.store(in: ledger, records)
        try await self.store(in: ledger, records + [SeenRecord(id: 100, milliseconds: 10), records[place]])
        #expect(try await ledger.seenCount() == 101)
        #expect(try await ledger.unseen(records, in: Sample.key).allSatisfy { !$0 })
        #expect(try await ledger.verify() == [])
        withExtendedLifetime(store) {}
    }

    @Test(arguments: LedgerKind.allCases)
    func `feeds know nothing of each other`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let record = SeenRecord(id: 1, milliseconds: 10)
        try await ledger.commit(Sample.batch(1))
        let others = [
            FeedKey(appliance: "hq", feed: "other"), FeedKey(appliance: "branch", feed: "modelbreaches"),
        ]
        for other in others {
            #expect(try await ledger.unseen([record], in: other) == [true])
            #expect(try await ledger.rows(other).isEmpty)
            #expect(try await ledger.checkpoint(other) == nil)
            try await ledger.commit(
                WriteBatch(key: other, seen: [record], forgetBeforeMilliseconds: .max, checkpoint: checkpoint))
        }
        #expect(try await Sample.steps(in: ledger) == 1)
        #expect(try await ledger.keys() == [others[1], Sample.key, others[0]])
    }

    @Test(arguments: LedgerKind.allCases)
    func `records older than the limit are forgotten, the others stay`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let records = (0..<10).map { SeenRecord(id: Int64(100 - $0), milliseconds: Int64($0) * 100_000) }
        try await store(in: ledger, records)
        let batch = WriteBatch(key: Sample.key, forgetBeforeMilliseconds: 400_000, checkpoint: checkpoint)
        for _ in 0..<2 {
            try await ledger.commit(batch)
            #expect(try await ledger.unseen(records, in: Sample.key) == (0..<10).map { $0 < 4 })
            #expect(try await ledger.seenCount() == 6)
        }
    }

    @Test(arguments: LedgerKind.allCases)
    func `one commit forgets a bounded number, the oldest first, and the next remains usable`(_ kind: LedgerKind)
        async throws
    {
        let ledger = try await kind.ledger()
        let records = (0..<25_000).map { SeenRecord(id: Int64($0), milliseconds: Int64($0)) }
        try await store(in: ledger, records)
        let batch = WriteBatch(
            key: Sample.key, seen: [records[24_999]], forgetBeforeMilliseconds: 24_000, checkpoint: checkpoint)
        try await ledger.commit(batch)
        #expect(try await ledger.seenCount() == 25_000 - 10_002)
        #expect(try await ledger.unseen([records[10_001], records[10_002]], in: Sample.key) == [true, false])
        try await ledger.commit(batch)
        #expect(try await ledger.seenCount() == 25_000 - 2 * 10_002)
        try await ledger.commit(batch)
        #expect(try await ledger.seenCount() == 1_000)
    }

    @Test(arguments: LedgerKind.allCases)
    func `a start that is stored stays, the rest of a checkpoint follows`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        try await ledger.commit(
            WriteBatch(key: Sample.key, checkpoint: FeedCheckpoint(startMilliseconds: 7, cursorMilliseconds: 9)))
        let later = FeedCheckpoint(
            startMilliseconds: 8, cursorMilliseconds: -3, isComplete: true, metadata: ["minimal": "false"])
        try await ledger.commit(WriteBatch(key: Sample.key, checkpoint: later))
        let checkpoint = try #require(try await ledger.checkpoint(Sample.key))
        #expect(
            checkpoint
                == FeedCheckpoint(
                    startMilliseconds: 7, cursorMilliseconds: -3, isComplete: true, metadata: later.metadata)
        )
    }

    private func store(in ledger: any Ledger, _ records: [SeenRecord]) async throws {
        try await ledger.commit(WriteBatch(key: Sample.key, seen: records, checkpoint: checkpoint))
    }
}
