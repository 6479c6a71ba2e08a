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
