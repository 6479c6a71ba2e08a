/// The appliance's clock: the `Date` of its last response plus monotonic time since.
struct ApplianceClock: Sendable, Equatable {
    private var anchor: Anchor?

    private struct Anchor: Sendable, Equatable {
        let date: ApplianceTime
        let received: MonotonicInstant
    }

    /// A `Date` this close to the expected one is not a step of the clock.
    static let tolerance = Duration.seconds(5)

    /// The appliance's time; the exporter's before the first response.
    ///
    /// `Date` has whole seconds, so this is up to a second behind: a window never ends in the appliance's future.
    func now(at instant: MonotonicInstant, exporter: ApplianceTime) -> ApplianceTime {
        guard let anchor else { return exporter }
        return anchor.date + (instant - anchor.received)
    }

    /// Sets the clock to the `Date` of a response whose head arrived at `instant`.
    ///
    /// - Parameter exporter: The exporter's clock at that time.
    /// - Returns: The difference from the expected time, if it exceeds the tolerance.
    mutating func observe(_ date: ApplianceTime, at instant: MonotonicInstant, exporter: ApplianceTime) -> Duration? {
        let difference = date - now(at: instant, exporter: exporter)
        anchor = Anchor(date: date, received: instant)
        return difference.magnitude > Self.tolerance ? difference : nil
    }
}
