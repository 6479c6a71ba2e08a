/// What the checkpoint of a feed keeps across restarts in addition to start and cursor.
struct FeedMetadata: Sendable, Equatable {
    /// Short records of this appliance lack fields that full records have.
    var needsFullRecords = false
    /// The appliance ignores `creationtime`, so it is queried by activity time.
    var usesActivityTime = false
    /// Everything created up to here was requested when it was older than the recheck window, in milliseconds since 1970
    /// by the appliance's clock.
    var recheckWatermark: Int64?
    /// The appliance's clock minus the exporter's at the last response, in milliseconds.
    var skew: Int64?
    /// The ledger may forget seen records older than this, so nothing older may be counted; in milliseconds since 1970.
    var dedupeHorizon: Int64?

    init() {}

    private static let fullRecords = "minimal"
    private static let creation = "creationtime"
    private static let recheckWatermark = "rechecked_ms"
    private static let skew = "skew_ms"
    private static let dedupeHorizon = "floor_ms"

    /// Reads the metadata of a checkpoint; a value that is missing or unreadable is unknown.
    init(_ stored: [String: String]) {
        needsFullRecords = stored[Self.fullRecords] == "false"
        usesActivityTime = stored[Self.creation] == "ignored"
        recheckWatermark = Self.milliseconds(stored[Self.recheckWatermark])
        skew = Self.milliseconds(stored[Self.skew])
        dedupeHorizon = Self.milliseconds(stored[Self.dedupeHorizon])
    }

    /// A time or a difference of times; values that no clock can have shown are dropped, because sums could overflow.
    private static func milliseconds(_ text: String?) -> Int64? {
        text.flatMap { Int64($0) }.flatMap { $0.magnitude < 1 << 50 ? $0 : nil }
    }

    /// As the checkpoint stores it.
    var dictionary: [String: String] {
        var stored: [String: String] = [:]
        if needsFullRecords { stored[Self.fullRecords] = "false" }
        if usesActivityTime { stored[Self.creation] = "ignored" }
        stored[Self.recheckWatermark] = recheckWatermark.map { "\($0)" }
        stored[Self.skew] = skew.map { "\($0)" }
        stored[Self.dedupeHorizon] = dedupeHorizon.map { "\($0)" }
        return stored
    }
}
