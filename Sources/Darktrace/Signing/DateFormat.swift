import Glibc

/// How the date of a request is written, always in UTC; appliances of one version differ in what they accept.
package enum DateFormat: String, Sendable, CaseIterable {
    /// `2026-01-15 09:30:00`: the form that every appliance is known to accept.
    case spaced
    /// `20260115T093000`
    case compact
    /// `2026-01-15T09:30:00.123000+00:00`
    case iso8601

    /// The date as it stands in the header and in the string to sign; `milliseconds` since 1970.
    ///
    /// The corresponding C functions are `gmtime_r` and `strftime`.
    package func text(_ milliseconds: Int64) -> String {
        let (seconds, rest) = milliseconds.dividedRoundingDown(by: 1_000)
        switch self {
        case .spaced: return Self.utc(seconds, "%Y-%m-%d %H:%M:%S")
        case .compact: return Self.utc(seconds, "%Y%m%dT%H%M%S")
        case .iso8601:
            let digits = String(rest)
            let padded = String(repeating: "0", count: 3 - digits.count) + digits
            return Self.utc(seconds, "%Y-%m-%dT%H:%M:%S") + ".\(padded)000+00:00"
        }
    }

    private static func utc(_ seconds: Int64, _ format: String) -> String {
        var instant = time_t(seconds)
        var fields = unsafe tm()
        // It fails only for years beyond 32 bits, which leaves 1900-01-00: refused as a date, never a crash.
        unsafe gmtime_r(&instant, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let length = unsafe strftime(&buffer, buffer.count, format, &fields)
        return String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension Int64 {
    /// Quotient and remainder, the remainder never negative.
    func dividedRoundingDown(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
