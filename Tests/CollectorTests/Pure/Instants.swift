@testable import Collector

extension ApplianceTime {
    /// A time in milliseconds since 1970.
    static func at(_ milliseconds: Int64) -> ApplianceTime { ApplianceTime(milliseconds: milliseconds) }
}

extension MonotonicInstant {
    static let zero = MonotonicInstant(nanoseconds: 0)

    static func at(_ seconds: Int64) -> MonotonicInstant { zero + .seconds(seconds) }
}

extension QueryWindow {
    /// A window by its bounds in milliseconds since 1970.
    init(_ start: Int64, _ end: Int64) { self.init(start: .at(start), end: .at(end)) }
}
