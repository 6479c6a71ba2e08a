/// The appliance's clock as far as its answers told it: the `Date` of the last one plus monotonic time since.
struct ApplianceClock: Sendable, Equatable {
    private var anchor: Anchor?

    private struct Anchor: Sendable, Equatable {
        let milliseconds: Int64
        let monotonic: Int64
    }

    /// How far, in milliseconds, a `Date` may be from what was expected and still be the same clock.
    static let tolerance: Int64 = 5_000

    /// Milliseconds since 1970 by the appliance's clock; by ours before the first answer.
    ///
    /// `Date` has whole seconds, so this is up to a second behind: a window never ends in the appliance's future.
    func now(monotonic: Int64, wall: Int64) -> Int64 {
        guard let anchor else { return wall }
        return anchor.milliseconds + (monotonic - anchor.monotonic) / 1_000_000
    }

    /// Takes the `Date` of an answer whose head arrived at `monotonic`.
    ///
    /// - Parameter wall: Our clock at that moment.
    /// - Returns: How far it was from what was expected, in milliseconds, if that is more than the tolerance.
    mutating func observe(_ date: Int64?, monotonic: Int64, wall: Int64) -> Int64? {
        guard let date else { return nil }
        let difference = date - now(monotonic: monotonic, wall: wall)
        anchor = Anchor(milliseconds: date, monotonic: monotonic)
        return difference.magnitude > UInt64(Self.tolerance) ? difference : nil
    }
}
