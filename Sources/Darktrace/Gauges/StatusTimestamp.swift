import Glibc

/// Times and spans as `/status` writes them, which differs from version to version.
enum StatusTimestamp {
    /// Reads `2026-01-15 09:30:05`, or without its seconds, to milliseconds since 1970; always UTC. Nil for anything
    /// else, the empty text of a licence that never was included.
    ///
    /// The corresponding C function is `timegm`.
    static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16 || bytes.count == 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes.count == 16 || bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes[0..<4]), year >= 1970,
            let month = number(bytes[5..<7]), (1...12).contains(month),
            let day = number(bytes[8..<10]), (1...31).contains(day),
            let hour = number(bytes[11..<13]), hour < 24,
            let minute = number(bytes[14..<16]), minute < 60,
            let second = bytes.count == 16 ? 0 : number(bytes[17..<19]), second <= 60
        else { return nil }
        var fields = unsafe tm()
        unsafe fields.tm_year = year - 1_900
        unsafe fields.tm_mon = month - 1
        unsafe fields.tm_mday = day
        unsafe fields.tm_hour = hour
        unsafe fields.tm_min = minute
        unsafe fields.tm_sec = second
        return unsafe Int64(timegm(&fields)) * 1_000
    }

    /// Reads hours, minutes and seconds, such as `1207:14:03`, to seconds; hours have any number of digits.
    static func parseUptime(_ text: String) -> Double? {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, (1...6).contains(parts[0].count), parts[1].count == 2, parts[2].count == 2,
            let hours = number(parts[0]), let minutes = number(parts[1]), minutes < 60,
            let seconds = number(parts[2]), seconds < 60
        else { return nil }
        return Double(hours) * 3_600 + Double(minutes) * 60 + Double(seconds)
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int32? {
        var value: Int32 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int32(digit - 0x30)
        }
        return value
    }
}
