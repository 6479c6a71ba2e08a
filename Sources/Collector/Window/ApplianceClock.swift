/// The appliance's clock: the `Date` of its last response plus monotonic time since.
struct ApplianceClock: Sendable, Equatable {
    private var anchor: Anchor?

    private struct Anchor: Sendable, Equatable {
        let milliseconds: Int64
        let monotonic: Int64
    }

    /// A `Date` this close to the expected one, in milliseconds, is not a step of the clock.
    static let tolerance: Int64 = 5_000

    /// Milliseconds since 1970 by the appliance's clock; by the exporter's before the first response.
    ///
    /// `Date` has whole seconds, so this is up to a second behind: a window never ends in the appliance's future.
    func now(monotonic: Int64, wall: Int64) -> Int64 {
        guard let anchor else { return wall }
        return anchor.milliseconds + (monotonic - anchor.monotonic) / 1_000_000
    }

    /// Sets the clock to the `Date` of a response whose head arrived at `monotonic`.
    ///
    /// - Parameter wall: The exporter's clock at that time.
    /// - Returns: The difference from the expected time, in milliseconds, if it exceeds the tolerance.
    mutating func observe(_ date: Int64?, monotonic: Int64, wall: Int64) -> Int64? {
        guard let date else { return nil }
        let difference = date - now(monotonic: monotonic, wall: wall)
        anchor = Anchor(milliseconds: date, monotonic: monotonic)
        return difference.magnitude > UInt64(Self.tolerance) ? difference : nil
    }
}
