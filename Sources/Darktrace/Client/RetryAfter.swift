/// The header field `Retry-After` (RFC 9110, 10.2.3).
enum RetryAfter {
    /// Seconds to wait, written as a number or as a date; nil when there is no such field or it cannot be read.
    ///
    /// - Parameter now: Milliseconds since 1970 by the clock that wrote the date.
    static func seconds(_ head: ResponseHead?, now: Int64) -> Double? {
        guard let text = head?.first("retry-after") else { return nil }
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Double(text).map { min($0, 1e9) }
        }
        return HTTPDate.milliseconds(text).map { max(0, Double($0) - Double(now)) / 1_000 }
    }
}
