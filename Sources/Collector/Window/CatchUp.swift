/// The time range of one request, from its start to its end.
struct QueryWindow: Sendable, Equatable {
    let start: ApplianceTime
    let end: ApplianceTime

    init(start: ApplianceTime, end: ApplianceTime) {
        self.start = start
        self.end = end
    }

    /// The time before its end.
    init(last duration: Duration, before end: ApplianceTime) {
        self.init(start: max(.epoch, end - duration), end: end)
    }

    var span: Duration { end - start }

    /// Whether a time is in the window, or within a minute of it: appliances differ in how they round.
    func containsWithTolerance(_ time: ApplianceTime) -> Bool {
        (start - .minute...max(start, end) + .minute).contains(time)
    }
}

/// The progress from the cursor to the present, window by window.
///
/// Each poll requests the overlap before the cursor again. While catching up, only the first window needs that: the
/// later ones were long past when they were requested.
struct CatchUp: Sendable, Equatable {
    /// Start of the next window; nil when the last window ended at the present.
    private var position: ApplianceTime?
    /// Everything up to here was requested when it was already older than the overlap.
    private(set) var watermark: ApplianceTime

    /// Starts `overlap` before the cursor, or before the end when the clock went back behind the cursor.
    init(cursor: ApplianceTime, end: ApplianceTime, overlap: Duration) {
        watermark = min(cursor, end) - overlap
        position = watermark
    }

    var isFinished: Bool { position == nil }

    /// Starts a poll: a finished catch-up resumes at its watermark.
    mutating func beginPoll(end: ApplianceTime, overlap: Duration) {
        if let position, position < end { return }
        position = min(watermark, end - overlap)
    }

    /// The next window, which ends at `end` if the width allows; nil when finished.
    func window(to end: ApplianceTime, width: Duration) -> QueryWindow? {
        guard let position else { return nil }
        let start = min(position, end - AdaptiveWindow.narrowest)
        return QueryWindow(start: start, end: min(start + width, end))
    }

    /// A window was committed that was requested when the appliance's clock showed `now`.
    mutating func commit(_ window: QueryWindow, now: ApplianceTime, overlap: Duration) {
        if window.start <= watermark { watermark = max(watermark, min(window.end, now - overlap)) }
        position = window.end >= now ? nil : window.end
    }

    /// The cursor after a window: it follows the windows, and goes back when the appliance's clock did.
    ///
    /// - Parameters:
    ///   - now: The appliance's clock as expected when the window was requested.
    ///   - date: `Date` of the response.
    static func cursor(
        after cursor: ApplianceTime, window: QueryWindow, now: ApplianceTime, date: ApplianceTime?
    ) -> ApplianceTime {
        min(max(cursor, window.end), now, date ?? now)
    }
}
