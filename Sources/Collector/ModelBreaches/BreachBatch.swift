import Darktrace
import Ledger

/// The records of one response, collected while it arrives: 40 bytes per record, whatever the size of the response.
struct BreachBatch: Sendable {
    /// One record.
    struct Entry: Sendable, Equatable {
        let id: Int64
        /// In milliseconds since 1970; `missing` when the record has none.
        let creation: Int64
        /// In milliseconds since 1970; `missing` when the record has none.
        let activity: Int64
        /// Not a number when the record has none.
        let score: Double
        /// An index into `models`.
        let model: Int32
        let category: Category

        static let missing = Int64.min

        /// Creation time, else activity time: decides whether the ledger counts the record and has seen it.
        var time: Int64 { creation != Self.missing ? creation : activity }

        /// What identifies the record for dedupe.
        var seenRecord: SeenRecord { SeenRecord(id: id, milliseconds: time) }
    }

    let window: QueryWindow
    private(set) var entries: [Entry] = []
    private(set) var models: [String] = []
    private var modelIndices: [ExactText: Int32] = [:]

    private(set) var summary = Summary()
    /// The first unreadable record of each kind.
    private(set) var unreadable: [UnreadableRecord.Kind: UnreadableRecord] = [:]
    private let requestedIDs: Set<Int64>

    /// What a response shows apart from its records.
    struct Summary: Sendable, Equatable {
        /// Number of records in the response, readable or not.
        var received = 0
        var unreadableCount = 0
        /// Ids of records that lack a field which full records may have; at most `maxIncompleteIDs`.
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

    /// One id is enough to request full records, so the set stays small.
    private static let maxIncompleteIDs = 1_000
    /// Records per lookup in the ledger.
    private static let lookupSize = 2_000

    /// - Parameter requestedIDs: Ids of records that were incomplete as short records, if these are full records.
    init(window: QueryWindow, requestedIDs: Set<Int64> = []) {
        self.window = window
        self.requestedIDs = requestedIDs
    }

    /// Adds one record of the response.
    mutating func add(_ record: Result<ModelBreach, UnreadableRecord>) {
        summary.received += 1
        switch record {
        case .failure(let record):
            summary.unreadableCount += 1
            if unreadable[record.kind] == nil { unreadable[record.kind] = record }
        case .success(let breach): add(breach)
        }
    }

    private mutating func add(_ breach: ModelBreach) {
        if !breach.lacksShortFields {
            if requestedIDs.contains(breach.id) { summary.hasCompletedRecords = true }
        } else if summary.incompleteIDs.count < Self.maxIncompleteIDs {
            summary.incompleteIDs.insert(breach.id)
        }
        if let creation = breach.creationMilliseconds {
            let isInside = isInWindow(creation)
            if !isInside { summary.hasCreationOutsideWindow = true }
            if isInside, let activity = breach.activityMilliseconds, !isInWindow(activity) {
                summary.hasActivityOutsideWindow = true
            }
        }
        entries.append(
            Entry(
                id: breach.id, creation: breach.creationMilliseconds ?? Entry.missing,
                activity: breach.activityMilliseconds ?? Entry.missing, score: breach.score ?? .nan,
                model: internModel(breach.model), category: breach.category))
    }

    private func isInWindow(_ milliseconds: Int64) -> Bool {
        window.containsWithTolerance(ApplianceTime(milliseconds: milliseconds))
    }

    private mutating func internModel(_ model: String) -> Int32 {
        let exact = ExactText(model)
        if let known = modelIndices[exact] { return known }
        let index = Int32(truncatingIfNeeded: models.count)
        models.append(model)
        modelIndices[exact] = index
        return index
    }

    // MARK: Dedupe

    /// Removes records that are older than the ledger counts, and repetitions within the response.
    mutating func removeOldAndRepeated(before oldest: ApplianceTime) {
        entries.removeAll { $0.time < oldest.milliseconds }
        entries.sort { ($0.id, $0.time) < ($1.id, $1.time) }
        var kept = 0
        for entry in entries {
            if kept > 0, case let last = entries[kept - 1], last.id == entry.id,
                entry.time - last.time <= SeenRecord.tolerance
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
