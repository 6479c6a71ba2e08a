import Glibc

/// The date format of HTTP header fields.
package enum HTTPDate {
    /// Parses `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7) into milliseconds since 1970; nil for anything else.
    ///
    /// The corresponding C function is `timegm`.
    package static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, bytes[3] == UInt8(ascii: ","), bytes[19] == UInt8(ascii: ":"),
            bytes[22] == UInt8(ascii: ":"), bytes[25...].elementsEqual(" GMT".utf8),
            [4, 7, 11, 16].allSatisfy({ bytes[$0] == UInt8(ascii: " ") }),
            let month = months.firstIndex(where: { bytes[8..<11].elementsEqual($0.utf8) }),
            let day = number(bytes[5..<7]), (1...31).contains(day), let year = number(bytes[12..<16]),
            year >= 1970, let hour = number(bytes[17..<19]), hour < 24, let minute = number(bytes[20..<22]),
            minute < 60, let second = number(bytes[23..<25]), second <= 60
        else { return nil }
        var fields = unsafe tm()
        unsafe fields.tm_year = year - 1_900
        unsafe fields.tm_mon = Int32(month)
        unsafe fields.tm_mday = day
        unsafe fields.tm_hour = hour
        unsafe fields.tm_min = minute
        unsafe fields.tm_sec = second
        return unsafe Int64(timegm(&fields)) * 1_000
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ digits: ArraySlice<UInt8>) -> Int32? {
        var value: Int32 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int32(digit - 0x30)
        }
        return value
    }
}

/// The header field `Retry-After` (RFC 9110, 10.2.3).
enum RetryAfter {
    /// Seconds to wait, written as a number or as a date; nil when the field is missing or cannot be parsed.
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
