/// How an appliance creates records; a change applies to later records.
struct RecordShape: Sendable, Equatable {
    /// How ids are numbered.
    enum Numbering: String, Sendable, CaseIterable {
        /// 1001, 1002 …
        case plain
        /// 13 digits that start with the master's number, all of one master.
        case long
        /// The same, of the masters 1 and 2 of a Unified View.
        case view
        /// Negative, growing.
        case negative
        /// From 1 again, as after a reset of the appliance.
        case reset
    }

    var numbering = Numbering.plain
    /// Whether records carry category and compliance flag; version 4 writes neither.
    var hasCategory = true
    /// Share of records created long after their activity.
    var lateShare = 0.02
    /// How long after, in milliseconds; nil for a random time from minutes to hours.
    var lateBy: Int64?
    /// Share of records created a second before their activity, in addition to those of system models.
    var negativeShare = 0.0
    /// Share of records listed some time after their creation, and how long after, in milliseconds.
    var unlistedShare = 0.0
    var unlistedFor: Int64 = 0
    /// Share of records that the appliance suppresses because a model fires too often.
    var suppressedShare = 0.1
    /// If set, every record is acknowledged this many milliseconds after its creation; otherwise some are, at random.
    var acknowledgedAfter: Int64?
    /// Whether anybody acknowledges records.
    var isAcknowledged = true
    /// One in this many records is damaged; 0 for none.
    var unreadableEvery: Int64 = 0
    /// The number of names of each model; 0 for one.
    var variants: Int64 = 0

    /// The longest time between activity and creation, in milliseconds.
    var longestDelay: Int64 { max(lateBy ?? 0, 12 * 3_600_000) }
}

/// The shapes over time, so that a change does not affect earlier records.
struct ShapeHistory: Sendable {
    private struct Segment: Sendable {
        var since: Int64
        var shape: RecordShape
        /// The ordinal of the last record before the segment; a reset numbers from here.
        var base: Int64
    }
    private var segments: [Segment]

    init(_ shape: RecordShape) { segments = [Segment(since: .min, shape: shape, base: 0)] }

    /// The shape from now on.
    var latest: RecordShape { segments.last?.shape ?? RecordShape() }

    /// The longest time between activity and record in any segment, in milliseconds.
    var longestDelay: Int64 { segments.map(\.shape.longestDelay).max() ?? 0 }

    /// The shape of a record created then.
    func shape(at creation: Int64) -> RecordShape { segment(at: creation)?.shape ?? RecordShape() }

    /// Changes the shape for records created after `now`; `ordinal` is that of the last record up to then.
    mutating func change(to shape: RecordShape, after now: Int64, ordinal: Int64) {
        segments.append(Segment(since: now + 1, shape: shape, base: ordinal))
    }

    /// The id of the record with this ordinal (from 1, over all records), created then.
    func id(ordinal: Int64, creation: Int64) -> Int64 {
        guard let segment = segment(at: creation) else { return ordinal }
        switch segment.shape.numbering {
        case .plain: return 1_000 + ordinal
        case .long: return 1_234_000_001_000 + ordinal
        case .view: return master(ordinal: ordinal, creation: creation) * 1_000_000_000_000 + 1_000 + ordinal
        case .negative: return -9_876_000_000_000 + ordinal
        case .reset: return ordinal - base(ofResetAt: creation)
        }
    }

    /// The number of the master that the record is of; 0 where the appliance itself is the master.
    func master(ordinal: Int64, creation: Int64) -> Int64 {
        switch segment(at: creation)?.shape.numbering {
        case .long: 1
        // Two thirds of a Unified View's records are of its first master.
        case .view: ordinal % 3 == 0 ? 2 : 1
        // Their first digit is no master's, but a client cannot tell.
        case .negative: 9
        case .plain, .reset, nil: 0
        }
    }

    private func segment(at creation: Int64) -> Segment? { segments.last { $0.since <= creation } }

    /// Later changes of the shape that keep the numbering do not restart a reset.
    private func base(ofResetAt creation: Int64) -> Int64 {
        var base: Int64 = 0
        var wasReset = false
        for segment in segments where segment.since <= creation {
            let isReset = segment.shape.numbering == .reset
            if isReset && !wasReset { base = segment.base }
            wasReset = isReset
        }
        return base
    }
}
