/// A point in time by the monotonic clock of the exporter.
struct MonotonicInstant: Comparable, Hashable, Sendable {
    let nanoseconds: Int64

    /// Later than any instant that occurs.
    static let distantFuture = MonotonicInstant(nanoseconds: .max)

    static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    static func + (instant: Self, duration: Duration) -> Self {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return overflow ? distantFuture : Self(nanoseconds: sum)
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

    /// Seconds since 1970, as metrics state them.
    var inSeconds: Double { Double(milliseconds) / 1_000 }

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
    package static let minute = Duration.seconds(60)
    package static let hour = Duration.seconds(3_600)
    package static let day = Duration.seconds(86_400)

    /// The longest duration that a setting or a response can state, about 127 years: with it no sum of times overflows.
    static let longest = Duration.seconds(4_000_000_000)

    /// Seconds as settings and responses state them, to the nanosecond: at least zero, at most `longest`.
    package init(bounded seconds: Double) {
        guard seconds.isFinite else {
            self = .zero
            return
        }
        let bounded = Swift.max(0, Swift.min(seconds, Self.longest.inSeconds))
        self = .nanoseconds(Int64((bounded * 1e9).rounded()))
    }

    /// The duration without its sign.
    var magnitude: Duration { self < .zero ? .zero - self : self }
    /// Whole milliseconds; the rest is cut off.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
    /// Whole nanoseconds; the rest is cut off.
    var nanoseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000) }
    /// Seconds as metrics and events state them.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

    /// A part of a duration, in whole milliseconds as the appliance's times.
    func divided(by divisor: Int) -> Duration { .milliseconds(milliseconds / Int64(divisor)) }
}
