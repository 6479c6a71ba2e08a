import Ledger

/// How far the records of a feed are counted: the checkpoint of the ledger, with its metadata as types.
struct Checkpoint: Sendable, Equatable {
    /// Start of the ledger: records created since then are counted.
    let start: ApplianceTime
    /// Everything created up to here has been requested.
    var cursor: ApplianceTime
    /// The whole first lookback is committed.
    var isComplete = false
    /// Short records of this appliance lack fields that full records have.
    var needsFullRecords = false
    /// The appliance ignores `creationtime`, so it is queried by activity time.
    var usesActivityTime = false
    /// Everything created up to here was requested when it was older than the recheck window.
    var recheckWatermark: ApplianceTime?
    /// The appliance's clock minus the exporter's at the last response.
    var skew: Duration?
    /// The ledger may forget seen records older than this, so nothing older may be counted.
    var dedupeHorizon: ApplianceTime?

    /// The checkpoint of a new ledger.
    init(start: ApplianceTime) {
        self.start = start
        cursor = start
    }

    /// The checkpoint of the same ledger with another start: the first lookback is to do again.
    func restarted(at start: ApplianceTime) -> Checkpoint {
        var next = Checkpoint(start: start)
        next.needsFullRecords = needsFullRecords
        next.usesActivityTime = usesActivityTime
        next.skew = skew
        return next
    }

    /// Older records are not counted.
    var countsSince: ApplianceTime { max(start, dedupeHorizon ?? start) }

    /// The cursor by the exporter's clock.
    var cursorByExporter: ApplianceTime { cursor - (skew ?? .zero) }

    /// Whether only progress was made since an earlier checkpoint: then a process that continues from that one requests
    /// some of it again, and counts the same. A step of the appliance's clock is more: without its skew, that process
    /// would take the cursor for a time of the future.
    func isOnlyProgress(since earlier: Checkpoint) -> Bool {
        var same = earlier
        same.cursor = cursor
        same.recheckWatermark = recheckWatermark
        same.skew = skew
        same.dedupeHorizon = dedupeHorizon
        return isComplete && self == same && hasSkew(near: earlier.skew) && cursor >= earlier.cursor
            && recheckWatermark ?? .epoch >= earlier.recheckWatermark ?? .epoch
    }

    /// `Date` has whole seconds, so that the skew varies by one.
    private func hasSkew(near other: Duration?) -> Bool {
        guard let skew, let other else { return skew == other }
        return (.seconds(-2)...Duration.seconds(2)).contains(skew - other)
    }

    // MARK: In the ledger

    private static let fullRecords = "minimal"
    private static let creation = "creationtime"
    private static let recheckWatermark = "rechecked_ms"
    private static let skew = "skew_ms"
    private static let dedupeHorizon = "floor_ms"

    /// Reads a stored checkpoint; a value of its metadata that is missing or unreadable is unknown.
    init(_ stored: FeedCheckpoint) {
        start = ApplianceTime(milliseconds: stored.startMilliseconds)
        cursor = ApplianceTime(milliseconds: stored.cursorMilliseconds)
        isComplete = stored.isComplete
        needsFullRecords = stored.metadata[Self.fullRecords] == "false"
        usesActivityTime = stored.metadata[Self.creation] == "ignored"
        recheckWatermark = Self.milliseconds(stored.metadata[Self.recheckWatermark]).map(ApplianceTime.init)
        skew = Self.milliseconds(stored.metadata[Self.skew]).map { .milliseconds($0) }
        dedupeHorizon = Self.milliseconds(stored.metadata[Self.dedupeHorizon]).map(ApplianceTime.init)
    }

    /// A time or a difference of times; values that no clock can have shown are dropped, because sums could overflow.
    private static func milliseconds(_ text: String?) -> Int64? {
        text.flatMap { Int64($0) }.flatMap { $0.magnitude < 1 << 50 ? $0 : nil }
    }

    /// As the ledger stores it.
    var stored: FeedCheckpoint {
        var metadata: [String: String] = [:]
        if needsFullRecords { metadata[Self.fullRecords] = "false" }
        if usesActivityTime { metadata[Self.creation] = "ignored" }
        metadata[Self.recheckWatermark] = recheckWatermark.map { "\($0.milliseconds)" }
        metadata[Self.skew] = skew.map { "\($0.milliseconds)" }
        metadata[Self.dedupeHorizon] = dedupeHorizon.map { "\($0.milliseconds)" }
        return FeedCheckpoint(
            startMilliseconds: start.milliseconds, cursorMilliseconds: cursor.milliseconds, isComplete: isComplete,
            metadata: metadata)
    }
}
