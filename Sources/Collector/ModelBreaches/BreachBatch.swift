import Darktrace

/// The records of one answer while it arrives, each in 40 bytes, so that memory hardly grows with the answer.
struct BreachBatch: Sendable {
    /// One record.
    struct Entry: Sendable, Equatable {
        let id: Int64
        /// In milliseconds since 1970; `missing` when the record has none.
        let creation: Int64
        let activity: Int64
        /// Not a number when the record has none.
        let score: Double
        /// An index into `models`.
        let model: Int32
        let category: Category

        static let missing = Int64.min

        /// Creation, else activity: what decides whether a record belongs to the ledger and is known.
        var time: Int64 { creation != Self.missing ? creation : activity }
    }

    let window: QueryWindow
    var entries: [Entry] = []
    private(set) var models: [String] = []
    private var indices: [ExactText: Int32] = [:]

    /// Records that came, readable or not.
    private(set) var received = 0
    private(set) var unreadableCount = 0
    /// The first of each kind.
    private(set) var unreadable: [UnreadableRecord.Kind: UnreadableRecord] = [:]
    /// Ids of records that lack what the long form may have.
    private(set) var incompleteIDs: Set<Int64> = []
    /// Some record that lacked something in the short form has it all.
    private(set) var hasCompletedRecords = false
    private let requestedIDs: Set<Int64>
    /// Some record was created outside the window.
    private(set) var hasCreationOutsideWindow = false
    /// Some record was created in the window while its activity was outside.
    private(set) var hasActivityOutsideWindow = false

    /// More than this are not remembered: one is enough to ask for the long form.
    private static let mostLacking = 1_000

    /// - Parameter lacked: Ids of records that lacked something in the short form, if this is the long one.
    init(window: QueryWindow, lacked: Set<Int64> = []) {
        self.window = window
        self.requestedIDs = lacked
    }

    /// Readable records that came.
    var readableCount: Int { received - unreadableCount }

    /// Several records, and none that can be read: this is no odd record, it is a form that is not known.
    var isAllUnreadable: Bool { readableCount == 0 && unreadableCount >= 3 }

    mutating func take(_ record: Result<ModelBreach, UnreadableRecord>) {
        received += 1
        switch record {
        case .failure(let record):
            unreadableCount += 1
            if unreadable[record.kind] == nil { unreadable[record.kind] = record }
        case .success(let breach): add(breach)
        }
    }

    private mutating func add(_ breach: ModelBreach) {
        if !breach.lacksShortFields {
            if requestedIDs.contains(breach.id) { hasCompletedRecords = true }
        } else if incompleteIDs.count < Self.mostLacking {
            incompleteIDs.insert(breach.id)
        }
        if let creation = breach.creationMilliseconds {
            let isForeign = !window.containsWithTolerance(creation)
            if isForeign { hasCreationOutsideWindow = true }
            if !isForeign, let activity = breach.activityMilliseconds, !window.containsWithTolerance(activity) {
                hasActivityOutsideWindow = true
            }
        }
        entries.append(
            Entry(
                id: breach.id, creation: breach.creationMilliseconds ?? Entry.missing,
                activity: breach.activityMilliseconds ?? Entry.missing, score: breach.score ?? .nan,
                model: internModel(of: breach.model), category: breach.category))
    }

    private mutating func internModel(of model: String) -> Int32 {
        let exact = ExactText(model)
        if let known = indices[exact] { return known }
        let index = Int32(truncatingIfNeeded: models.count)
        models.append(model)
        indices[exact] = index
        return index
    }
}
