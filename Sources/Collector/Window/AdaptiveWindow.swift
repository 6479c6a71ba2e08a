import Darktrace

/// The width of query windows: halved when a response is too large or too slow, grown again by success.
struct AdaptiveWindow: Sendable, Equatable {
    private(set) var width: Duration
    /// The last width that failed. Growth stays below it for a while, or every second request would fail.
    private var ceiling: Duration?
    private var successCount = 0

    /// A response to a window this narrow is never rejected for its number of records.
    static let narrowest = Duration.seconds(1)
    /// Slow responses shrink the window no further: an appliance that never responds proves nothing about the width.
    static let narrowestBySlowness = Duration.minute
    private static let widest = Duration.seconds(32 * 86_400)
    private static let successesToReset = 8

    init(width: Duration = .day) {
        self.width = width
    }

    /// Halves the width that was requested, or shrinks it to the floor for this reason.
    ///
    /// - Returns: Whether a narrower window is possible.
    mutating func shrink(_ span: Duration, because reason: APIError.Reason, toFloor: Bool = false) -> Bool {
        let floor = reason == .tooLarge ? Self.narrowest : Self.narrowestBySlowness
        guard span > floor else { return false }
        ceiling = span
        successCount = 0
        width = toFloor ? floor : max(span.divided(by: 2), floor)
        return true
    }

    /// A request with this span succeeded; the width grows only if it was the limit.
    mutating func grow(after span: Duration) {
        successCount += 1
        if successCount >= Self.successesToReset { ceiling = nil }
        guard span >= width else { return }
        let wider = min(width * 2, Self.widest)
        width = max(width, min(wider, ceiling.map { $0.divided(by: 4) * 3 } ?? wider))
    }

    /// Doubles the width, to find a readable record.
    mutating func widen() {
        width = min(width * 2, Self.widest)
    }
}
