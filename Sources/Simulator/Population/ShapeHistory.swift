/// Which shape held when, so that switching one on changes no record of before.
struct ShapeHistory: Sendable {
    private struct Segment: Sendable {
        var since: Int64
        var shape: RecordShape
        /// The ordinal of the last record before the segment, from which a reset counts anew.
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
        case .negative: return -9_876_000_000_000 + ordinal
        case .reset: return ordinal - base(ofResetAt: creation)
        }
    }

    private func segment(at creation: Int64) -> Segment? { segments.last { $0.since <= creation } }

    /// A reset goes on through later changes of the shape that leave the numbering alone.
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
