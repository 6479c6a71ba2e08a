import Darktrace
import Ledger

/// The records of one response, collected in compact form while it arrives, whatever the size of the response.
struct RecordBatch<Entry: CountedEntry>: Sendable {
    private(set) var entries: [Entry] = []
    /// Texts that entries refer to by index.
    private(set) var texts: [String] = []
    private var indices: [ExactText: Int32] = [:]
    private(set) var summary = ResponseSummary()
    /// What is to be reported of records, if they turn out to be new.
    private(set) var details: [SeenRecord: Entry.Detail] = [:]
    /// The first unreadable record of each kind.
    private(set) var unreadable: [UnreadableRecord.Kind: UnreadableRecord] = [:]

    let window: QueryWindow
    /// Ids of records that were incomplete as short records, if these are full records.
    private let requestedIDs: Set<Int64>

    /// One id is enough to request full records, so the set stays small.
    private static var maxIncompleteIDs: Int { 1_000 }
    /// Records per lookup in the ledger.
    static var lookupSize: Int { 2_000 }

    init(window: QueryWindow, requestedIDs: Set<Int64> = []) {
        self.window = window
        self.requestedIDs = requestedIDs
    }

    // MARK: Collecting

    /// Adds an element of the response.
    mutating func add<Counting: RecordCounting>(
        _ element: Result<Counting.Record, UnreadableRecord>, by counting: Counting
    ) where Counting.Entry == Entry {
        summary.received += 1
        switch element {
        case .failure(let record):
            summary.unreadableCount += 1
            if unreadable[record.kind] == nil { unreadable[record.kind] = record }
        case .success(let record): counting.add(record, to: &self)
        }
    }

    mutating func append(_ entry: Entry) { entries.append(entry) }

    /// Keeps what is to be reported of a record.
    mutating func keep(_ detail: Entry.Detail, of entry: Entry) { details[entry.seenRecord] = detail }

    /// The index of a text, so that each text is kept once.
    mutating func index(of text: String) -> Int32 {
        let exact = ExactText(text)
        if let known = indices[exact] { return known }
        let index = Int32(truncatingIfNeeded: texts.count)
        texts.append(text)
        indices[exact] = index
        return index
    }

    /// Notes whether a record has all fields that a full record may have.
    mutating func note(_ id: Int64, isComplete: Bool) {
        if isComplete {
            if requestedIDs.contains(id) { summary.hasCompletedRecords = true }
        } else if summary.incompleteIDs.count < Self.maxIncompleteIDs {
            summary.incompleteIDs.insert(id)
        }
    }

    /// Notes by which of its times the record is in the window.
    mutating func note(creation: ApplianceTime, activity: ApplianceTime?) {
        if !window.containsWithTolerance(creation) {
            summary.hasCreationOutsideWindow = true
        } else if let activity, !window.containsWithTolerance(activity) {
            summary.hasActivityOutsideWindow = true
        }
    }

    // MARK: Dedupe

    /// Removes records that are older than the ledger counts, and repetitions within the response.
    mutating func removeOldAndRepeated(before oldest: ApplianceTime) {
        entries.removeAll { $0.seenRecord.milliseconds < oldest.milliseconds }
        entries.sort { ($0.seenRecord.id, $0.seenRecord.milliseconds) < ($1.seenRecord.id, $1.seenRecord.milliseconds) }
        var kept = 0
        for entry in entries {
            if kept > 0, case let last = entries[kept - 1].seenRecord, last.id == entry.seenRecord.id,
                entry.seenRecord.milliseconds - last.milliseconds <= SeenRecord.tolerance
            {
                continue
            }
            entries[kept] = entry
            kept += 1
        }
        entries.removeLast(entries.count - kept)
    }

    /// Removes records that the ledger has already counted.
    ///
    /// - Parameter unseen: For each record whether the ledger has not counted it; called for portions of the batch.
    mutating func removeSeen<Failure: Error>(
        unseen: ([SeenRecord]) async throws(Failure) -> [Bool]
    ) async throws(Failure) {
        var kept = 0
        var next = 0
        while next < entries.count {
            let portion = next..<min(next + Self.lookupSize, entries.count)
            let isUnseen = try await unseen(portion.map { entries[$0].seenRecord })
            for (index, isUnseen) in zip(portion, isUnseen) where isUnseen {
                entries[kept] = entries[index]
                kept += 1
            }
            next = portion.upperBound
        }
        entries.removeLast(entries.count - kept)
    }
}

/// What a response shows apart from its records.
struct ResponseSummary: Sendable, Equatable {
    /// Number of records in the response, readable or not.
    var received = 0
    var unreadableCount = 0
    /// Ids of records that lack a field which full records may have; not all if there are very many.
    var incompleteIDs: Set<Int64> = []
    /// Whether a record is complete that was requested because its short record was not.
    var hasCompletedRecords = false
    /// Whether a record was created outside the window.
    var hasCreationOutsideWindow = false
    /// Whether a record was created in the window while its activity was outside.
    var hasActivityOutsideWindow = false

    /// Number of readable records in the response.
    var readableCount: Int { received - unreadableCount }

    /// Whether several records came and none is readable: then the format is unknown, not one record broken.
    var isAllUnreadable: Bool { readableCount == 0 && unreadableCount >= 3 }
}
