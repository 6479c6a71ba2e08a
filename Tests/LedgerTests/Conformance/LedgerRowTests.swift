import Ledger
import Testing

/// What a series of changes makes of one row.
struct RowCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let operations: [RowUpdate.Operation]
    var isHeld = false
    var isReleasedAfterFirst = false
    let value: Double
    let exposedValue: Double
}

@Suite struct LedgerRowTests {
    static let cases = [
        RowCase(testDescription: "a new row exposes its value", operations: [.add(2)], value: 2, exposedValue: 2),
        RowCase(testDescription: "amounts add up", operations: [.add(2), .add(0.5)], value: 2.5, exposedValue: 2.5),
        RowCase(testDescription: "nothing added is a row", operations: [.add(0)], value: 0, exposedValue: 0),
        RowCase(
            testDescription: "a held row exposes 0", operations: [.add(2)], isHeld: true, value: 2, exposedValue: 0),
        RowCase(
            testDescription: "a held row continues to count", operations: [.add(2), .add(3)], isHeld: true,
            value: 5,
            exposedValue: 0),
        RowCase(
            testDescription: "a released row exposes everything, later changes included",
            operations: [.add(2), .add(3)],
            isHeld: true, isReleasedAfterFirst: true, value: 5, exposedValue: 5),
        RowCase(
            testDescription: "a maximum rises", operations: [.maximum(-5), .maximum(7)], value: 7, exposedValue: 7),
        RowCase(
            testDescription: "a maximum never falls", operations: [.maximum(7), .maximum(3)], value: 7, exposedValue: 7),
        RowCase(
            testDescription: "a held maximum rises unseen", operations: [.maximum(7), .maximum(9)], isHeld: true,
            value: 9, exposedValue: 0),
    ]

    @Test(arguments: cases, LedgerKind.allCases)
    func `changes follow the upsert rule`(_ example: RowCase, _ kind: LedgerKind) async throws {
        for inOneCommit in [true, false] { try await expect(example, inOneCommit: inOneCommit, kind) }
    }

    private func expect(_ example: RowCase, inOneCommit: Bool, _ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let row = RowKey(family: "f", labels: ["x"])
        let changes = example.operations.map {
            RowUpdate(key: row, operation: $0, holdsNewSeries: example.isHeld, createdMilliseconds: 4)
        }
        let isSplit = !inOneCommit || example.isReleasedAfterFirst
        for (index, part) in (isSplit ? changes.map { [$0] } : [changes]).enumerated() {
            try await ledger.commit(WriteBatch(key: Sample.key, changes: part, checkpoint: Sample.batch(1).checkpoint))
            if example.isReleasedAfterFirst && index == 0 { try await ledger.release([row], in: Sample.key) }
        }
        let rows = try await ledger.rows(Sample.key)
        #expect(
            rows == [
                LedgerRow(
                    key: row, value: example.value, exposedValue: example.exposedValue,
                    isHeld: example.isHeld && !example.isReleasedAfterFirst, newest: nil, createdMilliseconds: 4)
            ])
    }

    @Test(arguments: LedgerKind.allCases)
    func `a row that was exposed is not held again`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let row = RowKey(family: "f", labels: [])
        for isHeld in [false, true] {
            let change = RowUpdate(key: row, operation: .add(1), holdsNewSeries: isHeld, createdMilliseconds: 1)
            try await ledger.commit(
                WriteBatch(key: Sample.key, changes: [change], checkpoint: Sample.batch(1).checkpoint))
        }
        #expect(try await ledger.rows(Sample.key).map(\.exposedValue) == [2])
    }

    @Test(arguments: LedgerKind.allCases)
    func `release takes the named rows alone, and ignores unknown ones`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let keys = ["a", "b", "c"].map { RowKey(family: "f", labels: [$0]) }
        let changes = keys.map { RowUpdate(key: $0, operation: .add(1), holdsNewSeries: true, createdMilliseconds: 1) }
        try await ledger.commit(WriteBatch(key: Sample.key, changes: changes, checkpoint: Sample.batch(1).checkpoint))
        try await ledger.release([keys[1], RowKey(family: "f", labels: ["z"])], in: Sample.key)
        try await ledger.release(keys, in: FeedKey(appliance: "other", feed: "modelbreaches"))
        #expect(try await ledger.rows(Sample.key).map(\.exposedValue) == [0, 1, 0])
        #expect(try await ledger.rows(Sample.key).map(\.isHeld) == [true, false, true])
    }

    @Test(
        arguments: LedgerKind.allCases,
        [
            ([SeenRecord?.none], SeenRecord?.none),
            ([SeenRecord(id: 1, milliseconds: 5), nil], SeenRecord(id: 1, milliseconds: 5)),
            (
                [SeenRecord(id: 1, milliseconds: 5), SeenRecord(id: 2, milliseconds: 6)],
                SeenRecord(id: 2, milliseconds: 6)
            ),
            (
                [SeenRecord(id: 1, milliseconds: 5), SeenRecord(id: 2, milliseconds: 4)],
                SeenRecord(id: 1, milliseconds: 5)
            ),
            (
                [SeenRecord(id: 1, milliseconds: 5), SeenRecord(id: 2, milliseconds: 5)],
                SeenRecord(id: 1, milliseconds: 5)
            ),
            ([nil, SeenRecord(id: 3, milliseconds: .min)], SeenRecord(id: 3, milliseconds: .min)),
            (
                [SeenRecord(id: 3, milliseconds: .min), SeenRecord(id: 4, milliseconds: .max)],
                SeenRecord(id: 4, milliseconds: .max)
            ),
        ])
    func `an exemplar gives way to a newer one alone`(
        _ kind: LedgerKind, _ example: (exemplars: [SeenRecord?], newest: SeenRecord?)
    ) async throws {
        let ledger = try await kind.ledger()
        let changes = example.exemplars.map {
            RowUpdate(key: Sample.count, operation: .add(1), exemplar: $0, createdMilliseconds: 1)
        }
        try await ledger.commit(WriteBatch(key: Sample.key, changes: changes, checkpoint: Sample.batch(1).checkpoint))
        #expect(try await ledger.rows(Sample.key).map(\.newest) == [example.newest])
    }

    @Test(arguments: LedgerKind.allCases)
    func `keys that differ in one byte, one border or the part are different rows`(_ kind: LedgerKind) async throws {
        let ledger = try await kind.ledger()
        let keys = [
            RowKey(family: "f", labels: []), RowKey(family: "f", labels: [""]), RowKey(family: "f", labels: ["", ""]),
            RowKey(family: "f", labels: ["ab", "c"]), RowKey(family: "f", labels: ["a", "bc"]),
            RowKey(family: "f", labels: ["1:a"]), RowKey(family: "f", labels: ["a\u{0}b"]),
            RowKey(family: "f", labels: ["é"]), RowKey(family: "f", labels: ["e\u{301}"]),
            RowKey(family: "f", labels: [], part: .sum), RowKey(family: "f", labels: [], part: .bucket(0)),
            RowKey(family: "f", labels: [], part: .bucket(1)), RowKey(family: "g", labels: []),
        ]
        let changes = keys.enumerated().map {
            RowUpdate(key: $1, operation: .add(Double($0 + 1)), createdMilliseconds: 1)
        }
        try await ledger.commit(WriteBatch(key: Sample.key, changes: changes, checkpoint: Sample.batch(1).checkpoint))
        var values: [RowKey: Double] = [:]
        for row in try await ledger.rows(Sample.key) { values[row.key] = row.value }
        #expect(values.count == keys.count)
        for (index, key) in keys.enumerated() { #expect(values[key] == Double(index + 1)) }
    }

    @Test(
        arguments: LedgerKind.allCases,
        [RowUpdate.Operation.add(-1), .add(.nan), .add(.infinity), .maximum(.nan), .maximum(-.infinity)])
    func `a number that no counter can take is refused with the rest of its batch`(
        _ kind: LedgerKind, _ operation: RowUpdate.Operation
    ) async throws {
        let ledger = try await kind.ledger()
        var batch = Sample.batch(1)
        batch.changes.append(RowUpdate(key: Sample.sum, operation: operation, createdMilliseconds: 1))
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(batch) }
        #expect(error?.reason == .invalidUpdate)
        #expect(try await Sample.steps(in: ledger) == 0)
    }
}
