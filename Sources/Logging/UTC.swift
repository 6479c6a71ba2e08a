import Glibc

/// Times in UTC as text.
package enum UTC {
    /// RFC 3339 with milliseconds, such as `2026-01-15T09:30:00.000Z`.
    package static func text(_ milliseconds: Int64) -> String {
        let fraction = ((milliseconds % 1_000) + 1_000) % 1_000
        return format(milliseconds, "%Y-%m-%dT%H:%M:%S") + "." + String(fraction + 1_000).dropFirst() + "Z"
    }

    /// To the second, such as `2026-01-15 09:30:00 UTC`.
    package static func shortText(_ milliseconds: Int64) -> String {
        format(milliseconds, "%Y-%m-%d %H:%M:%S UTC")
    }

    /// The system's clock in milliseconds since 1970.
    package static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func format(_ milliseconds: Int64, _ pattern: String) -> String {
        var seconds = time_t((Double(milliseconds) / 1_000).rounded(.down))
        var parts = unsafe tm()
        guard unsafe gmtime_r(&seconds, &parts) != nil else { return "\(milliseconds)" }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let length = unsafe strftime(start, buffer.count, pattern, &parts)
            return unsafe length == 0 ? "" : String(cString: start)
        }
    }
}
