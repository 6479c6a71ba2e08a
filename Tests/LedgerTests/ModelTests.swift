import Ledger
import Testing

/// What a ledger has to hold, kept in dictionaries.
private struct Model: Equatable {
    var rows: [RowKey: Row] = [:]
    var marks: Set<Mark> = []
    var book: Book?

    func isUnknown(_ mark: Mark) -> Bool {
        !marks.contains { $0.id == mark.id && abs($0.milliseconds - mark.milliseconds) <= 60_000 }
    }

    mutating func commit(_ posting: Posting) {
        for change in posting.changes { apply(change) }
        marks.formUnion(posting.seen)
        if let limit = posting.forgetBeforeMilliseconds { marks = marks.filter { $0.milliseconds >= limit } }
        let start = book?.startMilliseconds ?? posting.book.startMilliseconds
        book = posting.book
        book?.startMilliseconds = start
    }

    private mutating func apply(_ change: Change) {
        let old = rows[change.key]
        let counted =
            switch change.operation {
            case .add(let amount): (old?.counted ?? 0) + amount
            case .maximum(let value): max(old?.counted ?? value, value)
            }
        let isHeld = old?.isHeld ?? change.isHeldWhenNew
        var newest = old?.newest
        if let mark = change.exemplar, newest.map({ $0.milliseconds < mark.milliseconds }) ?? true { newest = mark }
        rows[change.key] = Row(
            key: change.key, counted: counted, told: isHeld ? old?.told ?? 0 : counted, isHeld: isHeld, newest: newest,
            bornMilliseconds: old?.bornMilliseconds ?? change.bornMilliseconds)
    }

    mutating func release(_ keys: [RowKey]) {
        for key in keys {
            guard let row = rows[key] else { continue }
            rows[key] = Row(
                key: key, counted: row.counted, told: row.counted, isHeld: false, newest: row.newest,
                bornMilliseconds: row.bornMilliseconds)
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
        let bench = try Bench()
        var dice = Dice(state: UInt64(seed))
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

    private func expect(_ model: Model, in ledger: Ledger, asking marks: [Mark]) async throws {
        var rows: [RowKey: Row] = [:]
        for row in try await ledger.rows(Sample.key) { rows[row.key] = row }
        #expect(rows == model.rows)
        #expect(try await ledger.book(Sample.key) == model.book)
        #expect(try await ledger.unknown(marks, in: Sample.key) == marks.map(model.isUnknown))
    }

    private func posting(_ dice: inout Dice) -> Posting {
        let changes = (0..<Int.random(in: 0..<6, using: &dice)).map { _ in change(&dice) }
        let marks = (0..<Int.random(in: 0..<6, using: &dice)).map { _ in mark(&dice) }
        let limit = Bool.random(using: &dice) ? mark(&dice).milliseconds - 300_000 : nil
        let book = Book(
            startMilliseconds: .random(in: 0..<9, using: &dice), cursorMilliseconds: .random(in: -9..<9, using: &dice),
            isComplete: .random(using: &dice), notes: Bool.random(using: &dice) ? ["k": "v\(dice.next())"] : [:])
        return Posting(key: Sample.key, changes: changes, seen: marks, forgetBeforeMilliseconds: limit, book: book)
    }

    private func change(_ dice: inout Dice) -> Change {
        let value = Double(Int.random(in: 0..<100, using: &dice)) / 4
        return Change(
            key: Self.keys[Int.random(in: 0..<Self.keys.count, using: &dice)],
            operation: Bool.random(using: &dice) ? .add(value) : .maximum(value),
            exemplar: Bool.random(using: &dice) ? mark(&dice) : nil, isHeldWhenNew: .random(using: &dice),
            bornMilliseconds: .random(in: 0..<9, using: &dice))
    }

    /// Few ids at few times, some of them just within and some just beyond the tolerance of each other.
    private func mark(_ dice: inout Dice) -> Mark {
        let minute = Int64.random(in: 0..<6, using: &dice) * 60_000
        return Mark(id: .random(in: -3..<3, using: &dice), milliseconds: minute + .random(in: 0..<2, using: &dice))
    }
}
