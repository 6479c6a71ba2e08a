/// The way from the cursor to now, slice by slice.
///
/// Every tick asks again for the overlap before the cursor. While catching up, only the first slice needs that: the
/// later ones were long in the past when they were asked for.
struct Sweep: Sendable, Equatable {
    /// Where the next slice starts, in milliseconds of the appliance's clock.
    private(set) var position: Int64
    /// Everything up to here was asked for when it was already older than the overlap.
    private(set) var settled: Int64
    /// The last slice ended at the present.
    private(set) var isFinished = false
    var slices: Slices

    /// Begins `overlap` before the cursor, or before the end when the clock went back behind the cursor.
    init(cursor: Int64, end: Int64, overlap: Int64, slices: Slices = Slices()) {
        position = min(cursor, end) - overlap
        settled = position
        self.slices = slices
    }

    /// A tick begins: what was finished starts again at what is not settled.
    mutating func begin(end: Int64, overlap: Int64) {
        guard isFinished || position >= end else { return }
        position = min(settled, end - overlap)
        isFinished = false
    }

    /// The next slice; it ends at `end` if it can.
    func slice(to end: Int64) -> Window {
        let start = min(position, end - 1_000)
        return Window(start: start, end: min(start + slices.width, end))
    }

    /// A slice was asked for and committed when the appliance's clock showed `now`.
    mutating func commit(_ slice: Window, now: Int64, overlap: Int64) {
        if slice.start <= settled { settled = max(settled, min(slice.end, now - overlap)) }
        position = slice.end
        isFinished = slice.end >= now
        slices.grow(after: slice.span)
    }

    /// The cursor after a slice: it follows the slices, and goes back when the appliance's clock did.
    ///
    /// - Parameters:
    ///   - now: The end of the window by the clock that was expected.
    ///   - date: The answer's own `Date`.
    static func cursor(after cursor: Int64, slice: Window, now: Int64, date: Int64?) -> Int64 {
        min(max(cursor, slice.end), now, date ?? now)
    }
}
