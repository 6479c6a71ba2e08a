import Ledger
import TestSupport
import Testing

/// What a ledger has to hold, kept in dictionaries.
private struct Model: Equatable {
    var rows: [RowKey: LedgerRow] = [:]
    var marks: Set<SeenRecord> = []
    var book: FeedCheckpoint?

    func isUnknown(_ mark: SeenRecord) -> Bool {
        !marks.contains { $0.id == mark.id && abs($0.milliseconds - mark.milliseconds) <= 60_000 }
    }

    mutating func commit(_ posting: WriteBatch) {
        for change in posting.changes { apply(change) }
        marks.formUnion(posting.seen)
        if let limit = posting.forgetBeforeMilliseconds { marks = marks.filter { $0.milliseconds >= limit } }
        let start = book?.startMilliseconds ?? posting.checkpoint.startMilliseconds
        book = posting.checkpoint
        book?.startMilliseconds = start
    }

    private mutating func apply(_ change: RowUpdate) {
        let old = rows[change.key]
        let counted =
            switch change.operation {
            case .add(let amount): (old?.value ?? 0) + amount
            case .maximum(let value): max(old?.value ?? value, value)
            }
        let isHeld = old?.isHeld ?? change.holdsNewSeries
        var newest = old?.newest
        if let mark = change.exemplar, newest.map({ $0.milliseconds < mark.milliseconds }) ?? true { newest = mark }
        rows[change.key] = LedgerRow(
            key: change.key, counted: counted, told: isHeld ? old?.exposedValue ?? 0 : counted, isHeld: isHeld,
            newest: newest,
            bornMilliseconds: old?.createdMilliseconds ?? change.createdMilliseconds)
    }

    mutating func release(_ keys: [RowKey]) {
        for key in keys {
            guard let row = rows[key] else { continue }
            rows[key] = LedgerRow(
                key: key, counted: row.value, told: row.value, isHeld: false, newest: row.newest,
                bornMilliseconds: row.createdMilliseconds)
        }
    }
}

@Suite struct ModelTests {
    private static let keys: [RowKey] = [
        RowKey(family: "a", labels: []), RowKey(family: "a", labels: ["é"]), RowKey(family: "a", labels: ["e\u{301}"]),
        RowKey(family: "a", labels: ["x", ""]), RowKey(family: "a", labels: ["", "x"]),
        RowKey(family: "b", labels: ["x"], part: .sum), RowKey(family: "b", labels: ["x"], part: .bucket(0)),
        RowKey(family: "b", labels: ["x"], part: .bucket(10)),
    ]

    @Test(arguments: 0..<40)
    func `any series of commits, releases, failures and restarts leaves what the model holds`(seed: Int) async throws {
        let bench = try LedgerFixture()
        var dice = SeededRNG(seed: UInt64(seed))
        var ledger = try bench.open()
        var model = Model()
        for _ in 0..<60 {
            switch Int.random(in: 0..<10, using: &dice) {
            case 0:
                try await ledger.close()
                ledger = try bench.open()
            case 1:
                let keys = Self.keys.filter { _ in Bool.random(using: &dice) }
                try await ledger.release(keys, in: Sample.key)
                // Nothing is released, nor remembered, of a feed without a commit.
                model.release(keys)
            case 2:
                try await ledger.inject(.refusedCommits)
                let posting = posting(&dice)
                await #expect(throws: LedgerError.self) { try await ledger.commit(posting) }
                try await ledger.inject(nil)
            default:
                let posting = posting(&dice)
                let receipt = try await ledger.commit(posting)
                #expect(receipt.stored == Set(posting.seen).subtracting(model.marks).count)
                #expect(receipt.stored + receipt.repeated == posting.seen.count)
                model.commit(posting)
            }
            try await expect(model, in: ledger, asking: (0..<20).map { _ in mark(&dice) })
        }
    }

    private func expect(_ model: Model, in ledger: Ledger, asking marks: [SeenRecord]) async throws {
        var rows: [RowKey: LedgerRow] = [:]
        for row in try await ledger.rows(Sample.key) { rows[row.key] = row }
        #expect(rows == model.rows)
        #expect(try await ledger.checkpoint(Sample.key) == model.book)
        #expect(try await ledger.unseen(marks, in: Sample.key) == marks.map(model.isUnknown))
    }

    private func posting(_ dice: inout SeededRNG) -> WriteBatch {
        let changes = (0..<Int.random(in: 0..<6, using: &dice)).map { _ in change(&dice) }
        let marks = (0..<Int.random(in: 0..<6, using: &dice)).map { _ in mark(&dice) }
        let limit = Bool.random(using: &dice) ? mark(&dice).milliseconds - 300_000 : nil
        let book = FeedCheckpoint(
            startMilliseconds: .random(in: 0..<9, using: &dice), cursorMilliseconds: .random(in: -9..<9, using: &dice),
            isComplete: .random(using: &dice), notes: Bool.random(using: &dice) ? ["k": "v\(dice.next())"] : [:])
        return WriteBatch(key: Sample.key, changes: changes, seen: marks, forgetBeforeMilliseconds: limit, book: book)
    }

    private func change(_ dice: inout SeededRNG) -> RowUpdate {
        let value = Double(Int.random(in: 0..<100, using: &dice)) / 4
        return RowUpdate(
            key: Self.keys[Int.random(in: 0..<Self.keys.count, using: &dice)],
            operation: Bool.random(using: &dice) ? .add(value) : .maximum(value),
            exemplar: Bool.random(using: &dice) ? mark(&dice) : nil, isHeldWhenNew: .random(using: &dice),
            bornMilliseconds: .random(in: 0..<9, using: &dice))
    }

    /// Few ids at few times, some of them just within and some just beyond the tolerance of each other.
    private func mark(_ dice: inout SeededRNG) -> SeenRecord {
        let minute = Int64.random(in: 0..<6, using: &dice) * 60_000
        return SeenRecord(
            id: .random(in: -3..<3, using: &dice), milliseconds: minute + .random(in: 0..<2, using: &dice))
    }
}
