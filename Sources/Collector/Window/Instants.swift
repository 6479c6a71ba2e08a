/// A point in time by the monotonic clock of the exporter.
struct MonotonicInstant: Comparable, Hashable, Sendable {
    let nanoseconds: Int64

    /// Later than any instant that occurs.
    static let distantFuture = MonotonicInstant(nanoseconds: .max)

    static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    static func + (instant: Self, duration: Duration) -> Self {
        Self(nanoseconds: instant.nanoseconds + duration.nanoseconds)
    }
    static func - (later: Self, earlier: Self) -> Duration { .nanoseconds(later.nanoseconds - earlier.nanoseconds) }
}

/// A point in time by the clock of an appliance, or by the exporter's where the two are compared; in milliseconds since
/// 1970.
package struct ApplianceTime: Comparable, Hashable, Sendable {
    /// Since 1970.
    package let milliseconds: Int64

    /// - Parameter milliseconds: Since 1970.
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// A time of a response, in seconds since 1970, cut to whole milliseconds.
    init(seconds: Double) { self.init(milliseconds: Int64(seconds * 1_000)) }

    static let epoch = ApplianceTime(milliseconds: 0)
    /// Later than any time that occurs.
    static let distantFuture = ApplianceTime(milliseconds: .max)

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
    static func + (time: Self, duration: Duration) -> Self {
        Self(milliseconds: time.milliseconds + duration.milliseconds)
    }
    static func - (time: Self, duration: Duration) -> Self {
        Self(milliseconds: time.milliseconds - duration.milliseconds)
    }
    static func - (later: Self, earlier: Self) -> Duration { .milliseconds(later.milliseconds - earlier.milliseconds) }
}

extension Duration {
    static let minute = Duration.seconds(60)
    static let hour = Duration.seconds(3_600)
    static let day = Duration.seconds(86_400)

    /// A setting in seconds, cut to whole milliseconds; no setting, however large, overflows.
    init(setting seconds: Double) { self = .milliseconds(Int64(seconds: seconds, unit: 1_000)) }

    /// A setting in seconds, such as an interval, to the nanosecond; no setting, however large, overflows.
    init(preciseSetting seconds: Double) { self = .nanoseconds(Int64(seconds: seconds, unit: 1e9)) }

    /// The duration without its sign.
    var magnitude: Duration { self < .zero ? .zero - self : self }
    /// Whole milliseconds; the rest is cut off.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
    /// Whole nanoseconds; the rest is cut off.
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
    /// Seconds as metrics and events state them.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

    /// A part of a duration, in whole milliseconds as the appliance's times.
    func divided(by divisor: Int) -> Duration { .milliseconds(milliseconds / Int64(divisor)) }
}

extension Int64 {
    /// Seconds in a smaller unit; large or infinite values do not overflow.
    init(seconds: Double, unit: Double) {
        self = seconds.isFinite ? Int64(Swift.max(0, Swift.min(seconds, 4e9)) * unit) : 0
    }
}
