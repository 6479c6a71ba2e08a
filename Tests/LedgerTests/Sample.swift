import Ledger

/// Postings whose sums are known: after `step` commits the cursor is `step`, one row counts them, one sums them up.
enum Sample {
    static let key = FeedKey(appliance: "hq", feed: "modelbreaches")
    static let count = RowKey(family: "count", labels: ["Compromise::Beacon", "critical"])
    static let sum = RowKey(family: "sum", labels: [], part: .sum)

    static func batch(_ step: Int, padding: Int = 0, key: FeedKey = key) -> WriteBatch {
        let own = SeenRecord(id: Int64(step), milliseconds: Int64(step))
        let others = (0..<padding).map { SeenRecord(id: Int64(step), milliseconds: Int64(1_000_000 * ($0 + 1))) }
        return WriteBatch(
            key: key,
            changes: [
                RowUpdate(key: count, operation: .add(1), exemplar: own, createdMilliseconds: 1),
                RowUpdate(key: sum, operation: .add(Double(step)), createdMilliseconds: 1),
            ],
            seen: [own] + others,
            checkpoint: FeedCheckpoint(startMilliseconds: 0, cursorMilliseconds: Int64(step)))
    }

    /// How many commits the ledger holds, or nil if its parts do not agree: a commit that is there by halves.
    static func steps(in ledger: any Ledger) async throws -> Int? {
        let steps = Int(try await ledger.checkpoint(key)?.cursorMilliseconds ?? 0)
        var rows: [RowKey: Double] = [:]
        for row in try await ledger.rows(key) { rows[row.key] = row.exposedValue }
        let records = (1...(steps + 1)).map { SeenRecord(id: Int64($0), milliseconds: Int64($0)) }
        let isUnknown = try await ledger.unseen(records, in: key)
        guard rows[count, default: 0] == Double(steps), rows[sum, default: 0] == Double(steps * (steps + 1) / 2),
            isUnknown == Array(repeating: false, count: steps) + [true]
        else { return nil }
        return steps
    }
}
