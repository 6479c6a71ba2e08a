import Darktrace

/// A stretch of time in milliseconds since 1970 by the appliance's clock.
struct QueryWindow: Sendable, Equatable {
    let start: Int64
    let end: Int64

    var span: Int64 { end - start }

    /// Whether a time is in it, or within a minute of it: appliances differ in how they round.
    func containsWithTolerance(_ milliseconds: Int64) -> Bool {
        (start - 60_000...max(start, end) + 60_000).contains(milliseconds)
    }
}

/// The way from the cursor to now, slice by slice.
///
/// Every tick asks again for the overlap before the cursor. While catching up, only the first slice needs that: the
/// later ones were long in the past when they were asked for.
struct CatchUp: Sendable, Equatable {
    /// Where the next slice starts, in milliseconds of the appliance's clock.
    private(set) var position: Int64
    /// Everything up to here was asked for when it was already older than the overlap.
    private(set) var watermark: Int64
    /// The last slice ended at the present.
    private(set) var isFinished = false
    var windowSize: AdaptiveWindow

    /// Begins `overlap` before the cursor, or before the end when the clock went back behind the cursor.
    init(cursor: Int64, end: Int64, overlap: Int64, slices: AdaptiveWindow = AdaptiveWindow()) {
        position = min(cursor, end) - overlap
        watermark = position
        self.windowSize = slices
    }

    /// A tick begins: what was finished starts again at what is not settled.
    mutating func beginPoll(end: Int64, overlap: Int64) {
        guard isFinished || position >= end else { return }
        position = min(watermark, end - overlap)
        isFinished = false
    }

    /// The next slice; it ends at `end` if it can.
    func slice(to end: Int64) -> QueryWindow {
        let start = min(position, end - 1_000)
        return QueryWindow(start: start, end: min(start + windowSize.width, end))
    }

    /// A slice was asked for and committed when the appliance's clock showed `now`.
    mutating func commit(_ slice: QueryWindow, now: Int64, overlap: Int64) {
        if slice.start <= watermark { watermark = max(watermark, min(slice.end, now - overlap)) }
        position = slice.end
        isFinished = slice.end >= now
        windowSize.grow(after: slice.span)
    }

    /// The cursor after a slice: it follows the slices, and goes back when the appliance's clock did.
    ///
    /// - Parameters:
    ///   - now: The end of the window by the clock that was expected.
    ///   - date: The answer's own `Date`.
    static func cursor(after cursor: Int64, slice: QueryWindow, now: Int64, date: Int64?) -> Int64 {
        min(max(cursor, slice.end), now, date ?? now)
    }
}

/// How much is asked for at once: halved when an answer is too large or too slow, grown again by success.
struct AdaptiveWindow: Sendable, Equatable {
    /// In milliseconds.
    private(set) var width: Int64
    /// The last width that failed; growth stays below it for a while, or every second request would fail.
    private var ceiling: Int64?
    private var successCount = 0

    /// An answer to no more than this is never cut for its number of records.
    static let narrowest: Int64 = 1_000
    /// Slowness does not narrow below this: an appliance that never answers says nothing about width.
    static let narrowestBySlowness: Int64 = 60_000
    private static let widest: Int64 = 32 * 86_400_000
    private static let successesToReset = 8

    init(width: Int64 = 86_400_000) {
        self.width = width
    }

    /// Halves from what was asked, or goes as low as it may.
    ///
    /// - Returns: Whether it could.
    mutating func shrink(_ span: Int64, because reason: APIError.Reason, toFloor: Bool = false) -> Bool {
        let floor = reason == .tooLarge ? Self.narrowest : Self.narrowestBySlowness
        guard span > floor else { return false }
        ceiling = span
        successCount = 0
        width = toFloor ? floor : max(span / 2, floor)
        return true
    }

    /// A slice of this span went well; the width only grows if it was the limit.
    mutating func grow(after span: Int64) {
        successCount += 1
        if successCount >= Self.successesToReset { ceiling = nil }
        guard span >= width else { return }
        let wider = min(width * 2, Self.widest)
        width = max(width, min(wider, ceiling.map { $0 / 4 * 3 } ?? wider))
    }

    /// The slice was right, but nothing in it could be read: look further.
    mutating func widen() {
        width = min(width * 2, Self.widest)
    }
}
