import Glibc
import Ledger
import SQLiteLedger

/// Commits `count` records ten times to a new ledger, each as a new seen record, and prints how long that took.
func commit(_ count: Int, _ path: String) async throws {
    let ledger = try SQLiteLedger(DatabaseLocation(path), executor: LedgerQueue())
    let key = FeedKey(appliance: "hq", feed: "modelbreaches")
    var times: [Double] = []
    for turn in 0..<10 {
        let milliseconds = Int64(1_700_000_000_000)
        let marks = (0..<count).map { SeenRecord(id: Int64(turn * count + $0), milliseconds: milliseconds) }
        let changes = (0..<200).map { model in
            RowUpdate(
                key: RowKey(family: "darktrace_model_breaches_total", labels: ["Model \(model)", "suspicious"]),
                operation: .add(Double(count) / 200), exemplar: marks.last, holdsNewSeries: false,
                createdMilliseconds: milliseconds)
        }
        let book = FeedCheckpoint(
            startMilliseconds: 0, cursorMilliseconds: milliseconds + Int64(turn), isComplete: true)
        let begin = ContinuousClock.now
        try await ledger.commit(
            WriteBatch(key: key, changes: changes, seen: marks, forgetBeforeMilliseconds: nil, checkpoint: book))
        times.append(seconds(since: begin))
    }
    try await ledger.close()
    print(#"{"records": \#(count), "seconds": \#(times.sorted()[times.count / 2]), "worst": \#(times.max() ?? 0)}"#)
}

/// Creates the ledger of an exporter that has counted breaches of `count` models, at most 8 000 per appliance as with the
/// default cardinality limit: those of the appliance hq, then those of hq1, hq2 and so on.
func makeState(_ count: Int, _ path: String) async throws {
    let now = Int64(time(nil)) * 1_000
    let ledger = try SQLiteLedger(DatabaseLocation(path), executor: LedgerQueue())
    for (number, first) in stride(from: 0, to: count, by: 8_000).enumerated() {
        let changes = (first..<min(first + 8_000, count)).map { model in
            RowUpdate(
                key: RowKey(
                    family: "darktrace_model_breaches_total",
                    labels: ["Compromise::Watched Domain \(1_000_000 + model)", "suspicious"]),
                operation: .add(Double(model % 9_973)), exemplar: SeenRecord(id: Int64(model), milliseconds: now),
                holdsNewSeries: false, createdMilliseconds: now)
        }
        let book = FeedCheckpoint(startMilliseconds: now - 86_400_000, cursorMilliseconds: now, isComplete: true)
        let key = FeedKey(appliance: number == 0 ? "hq" : "hq\(number)", feed: "modelbreaches")
        try await ledger.commit(
            WriteBatch(key: key, changes: changes, seen: [], forgetBeforeMilliseconds: nil, checkpoint: book))
    }
    try await ledger.close()
}
