import Darktrace

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
