/// What a feed remembers in its book besides the cursor, over restarts.
struct FeedMetadata: Sendable, Equatable {
    /// Short records lack what long ones have.
    var needsFullRecords = false
    /// The appliance ignores `creationtime`.
    var usesActivityTime = false
    /// Everything created up to here was asked for when it was older than the recheck window, in milliseconds of the
    /// appliance's clock.
    var recheckWatermark: Int64?
    /// The appliance's clock minus ours at the last answer, in milliseconds.
    var skew: Int64?
    /// Marks older than this may be forgotten, so nothing older may be counted, in milliseconds since 1970.
    var dedupeHorizon: Int64?

    init() {}

    private static let longForm = "minimal"
    private static let creation = "creationtime"
    private static let recheckWatermark = "rechecked_ms"
    private static let skew = "skew_ms"
    private static let dedupeHorizon = "floor_ms"

    /// Reads the notes of a book; what is not there, or not readable, was never found out.
    init(_ notes: [String: String]) {
        needsFullRecords = notes[Self.longForm] == "false"
        usesActivityTime = notes[Self.creation] == "ignored"
        recheckWatermark = Self.milliseconds(notes[Self.recheckWatermark])
        skew = Self.milliseconds(notes[Self.skew])
        dedupeHorizon = Self.milliseconds(notes[Self.dedupeHorizon])
    }

    /// A time or a difference of times; what no clock can have shown would overflow somebody's sums.
    private static func milliseconds(_ text: String?) -> Int64? {
        text.flatMap { Int64($0) }.flatMap { $0.magnitude < 1 << 50 ? $0 : nil }
    }

    /// As they stand in a book.
    var notes: [String: String] {
        var notes: [String: String] = [:]
        if needsFullRecords { notes[Self.longForm] = "false" }
        if usesActivityTime { notes[Self.creation] = "ignored" }
        notes[Self.recheckWatermark] = recheckWatermark.map { "\($0)" }
        notes[Self.skew] = skew.map { "\($0)" }
        notes[Self.dedupeHorizon] = dedupeHorizon.map { "\($0)" }
        return notes
    }
}
