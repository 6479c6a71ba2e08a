import Ledger
import TestSupport
import Testing

/// What a ledger has to hold, kept in dictionaries.
private struct Model: Equatable {
    var rows: [RowKey: LedgerRow] = [:]
    var records: Set<SeenRecord> = []
    var checkpoint: FeedCheckpoint?

    func isUnknown(_ record: SeenRecord) -> Bool {
        !records.contains { $0.id == record.id && abs($0.milliseconds - record.milliseconds) <= 60_000 }
    }

    mutating func commit(_ batch: WriteBatch) {
        for change in batch.changes { apply(change) }
        records.formUnion(batch.seen)
        if let limit = batch.forgetBeforeMilliseconds { records = records.filter { $0.milliseconds >= limit } }
        let start = min(checkpoint?.startMilliseconds ?? .max, batch.checkpoint.startMilliseconds)
        checkpoint = batch.checkpoint
        checkpoint?.startMilliseconds = start
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
        if let record = change.exemplar, newest.map({ $0.milliseconds < record.milliseconds }) ?? true {
            newest = record
        }
        rows[change.key] = LedgerRow(
            key: change.key, value: counted, exposedValue: isHeld ? old?.exposedValue ?? 0 : counted, isHeld: isHeld,
            newest: newest,
            createdMilliseconds: old?.createdMilliseconds ?? change.createdMilliseconds)
    }

    mutating func release(_ keys: [RowKey]) {
        for key in keys {
            guard let row = rows[key] else { continue }
            rows[key] = LedgerRow(
                key: key, value: row.value, exposedValue: row.value, isHeld: false, newest: row.newest,
                createdMilliseconds: row.createdMilliseconds)
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

    @Test(arguments: 0..<40, LedgerKind.allCases)
    func `any series of commits, releases, failures and restarts leaves what the model holds`(
        seed: Int, _ kind: LedgerKind
    ) async throws {
        let store = try await kind.store()
        var random = SeededRNG(seed: UInt64(seed))
        var ledger = try await store.openAgain()
        var model = Model()
        for _ in 0..<60 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                try await ledger.close()
                ledger = try await store.openAgain()
            case 1:
                let keys = Self.keys.filter { _ in Bool.random(using: &random) }
                try await ledger.release(keys, in: Sample.key)
                // Nothing is released, nor remembered, of a feed without a commit.
                model.release(keys)
            case 2:
                try await ledger.inject(.refusedCommits)
                let batch = batch(&random)
                await #expect(throws: LedgerError.self) { try await ledger.commit(batch) }
                try await ledger.inject(nil)
            default:
                let batch = batch(&random)
                try await ledger.commit(batch)
                model.commit(batch)
                #expect(try await ledger.seenCount() == model.records.count)
            }
            try await expect(model, in: ledger, asking: (0..<20).map { _ in record(&random) })
        }
    }

    private func expect(_ model: Model, in ledger: any Ledger, asking records: [SeenRecord]) async throws {
        var rows: [RowKey: LedgerRow] = [:]
        for row in try await ledger.rows(Sample.key) { rows[row.key] = row }
        #expect(rows == model.rows)
        #expect(try await ledger.checkpoint(Sample.key) == model.checkpoint)
        #expect(try await ledger.unseen(records, in: Sample.key) == records.map(model.isUnknown))
    }

    private func batch(_ random: inout SeededRNG) -> WriteBatch {
        let changes = (0..<Int.random(in: 0..<6, using: &random)).map { _ in change(&random) }
        let records = (0..<Int.random(in: 0..<6, using: &random)).map { _ in record(&random) }
        let limit = Bool.random(using: &random) ? record(&random).milliseconds - 300_000 : nil
        let checkpoint = FeedCheckpoint(
            startMilliseconds: .random(in: 0..<9, using: &random),
            cursorMilliseconds: .random(in: -9..<9, using: &random),
            isComplete: .random(using: &random),
            metadata: Bool.random(using: &random) ? ["k": "v\(random.next())"] : [:])
        return WriteBatch(
            key: Sample.key, changes: changes, seen: records, forgetBeforeMilliseconds: limit, checkpoint: checkpoint)
    }

    private func change(_ random: inout SeededRNG) -> RowUpdate {
        let value = Double(Int.random(in: 0..<100, using: &random)) / 4
        return RowUpdate(
            key: Self.keys[Int.random(in: 0..<Self.keys.count, using: &random)],
            operation: Bool.random(using: &random) ? .add(value) : .maximum(value),
            exemplar: Bool.random(using: &random) ? record(&random) : nil, holdsNewSeries: .random(using: &random),
            createdMilliseconds: .random(in: 0..<9, using: &random))
    }

    /// Few ids at few times, some of them just within and some just beyond the tolerance of each other.
    private func record(_ random: inout SeededRNG) -> SeenRecord {
        let minute = Int64.random(in: 0..<6, using: &random) * 60_000
        return SeenRecord(
            id: .random(in: -3..<3, using: &random), milliseconds: minute + .random(in: 0..<2, using: &random))
    }
}
