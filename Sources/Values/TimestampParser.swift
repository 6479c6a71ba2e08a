/// Reads a point in time in the forms that promtool accepts: RFC 3339 or Unix seconds.
package enum TimestampParser {
    /// Milliseconds since 1970: `2026-01-31T08:00:00Z`, `2026-01-31T09:00:00.5+01:00` or `1769846400.25`, from 1970 to
    /// 9999, rounded to a millisecond.
    package static func milliseconds(_ text: String) throws(ValidationError) -> Int64 {
        guard let time = unix(text) ?? rfc3339(text), (0..<253_402_300_800_000).contains(time) else {
            throw ValidationError("needs a time like 2026-01-31T00:00:00Z, or Unix seconds")
        }
        return time
    }

    /// Digits with a point, or an exponent as Prometheus shows large values.
    private static func unix(_ text: String) -> Int64? {
        guard text.utf8.first.map({ (0x30...0x39).contains($0) }) == true,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || ".e+".utf8.contains($0) }),
            let seconds = Double(text), seconds < 1e12
        else { return nil }
        return Int64((seconds * 1_000).rounded())
    }

    private static func rfc3339(_ text: String) -> Int64? {
        var rest = text.utf8[...]
        guard let year = number(4, of: &rest), take("-", of: &rest), let month = number(2, of: &rest),
            take("-", of: &rest), let day = number(2, of: &rest), take("T", of: &rest),
            let hour = number(2, of: &rest), take(":", of: &rest), let minute = number(2, of: &rest),
            take(":", of: &rest), let second = number(2, of: &rest), let fraction = fraction(of: &rest),
            let offset = offset(of: &rest), rest.isEmpty, let days = days(year, month, day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        return seconds * 1_000 + fraction
    }

    /// Milliseconds after a point, or 0 without one.
    private static func fraction(of rest: inout Substring.UTF8View) -> Int64? {
        guard take(".", of: &rest) else { return 0 }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[digits.endIndex...]
        guard (1...9).contains(digits.count), let value = Double("0.\(Substring(digits))") else { return nil }
        return Int64((value * 1_000).rounded())
    }

    /// Minutes east of UTC.
    private static func offset(of rest: inout Substring.UTF8View) -> Int64? {
        if take("Z", of: &rest) { return 0 }
        let isEast = take("+", of: &rest)
        guard isEast || take("-", of: &rest), let hours = number(2, of: &rest), take(":", of: &rest),
            let minutes = number(2, of: &rest), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isEast ? 1 : -1)
    }

    /// Days since 1970; nil for a day that no calendar has.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard year >= 1, (1...12).contains(month), (1...lengths[Int(month) - 1]).contains(day) else { return nil }
        let before = year - 1
        let toNewYear = before * 365 + before / 4 - before / 100 + before / 400
        // 719 162 days lie before 1970.
        return toNewYear - 719_162 + lengths.prefix(Int(month) - 1).reduce(0, +) + day - 1
    }

    private static func number(_ count: Int, of rest: inout Substring.UTF8View) -> Int64? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest[digits.endIndex...]
        return Int64(Substring(digits))
    }

    private static func take(_ character: Unicode.Scalar, of rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }
}
