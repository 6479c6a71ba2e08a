import Glibc

/// A time as `/status` writes it, which differs from version to version and from field to field.
enum StatusTimestamp {
    /// Reads a date with or without a time to milliseconds since 1970. Nil for anything else.
    ///
    /// `2026-01-15` and `01/15/26`, each alone or followed by a space or `T` and `09:30`, `09:30:05` or `09:30:05.123`;
    /// then nothing, `Z`, `UTC` or an offset such as `+02:00`. Without an offset it is UTC.
    static func milliseconds(_ text: String) -> Int64? {
        var scanner = DigitScanner(text)
        guard let date = scanner.date() else { return nil }
        guard !scanner.isAtEnd else { return date * 86_400_000 }
        guard scanner.skip(" ") || scanner.skip("T"), let time = scanner.time(), let offset = scanner.offset(),
            scanner.isAtEnd
        else { return nil }
        let milliseconds = date * 86_400_000 + time - offset
        return milliseconds >= 0 ? milliseconds : nil
    }

    /// A number instead of a text: seconds since 1970, or milliseconds if it is too large for them. Nil for anything
    /// before 1970.
    static func milliseconds(_ number: Double) -> Int64? {
        // 1e11 seconds are the year 5138, 1e11 milliseconds March 1973.
        let milliseconds = number < 1e11 ? number * 1_000 : number
        return milliseconds >= 0 && milliseconds < 253_402_300_800_000 ? Int64(milliseconds) : nil
    }
}

/// A span of time as `/status` writes it.
enum StatusUptime {
    /// Reads hours, minutes and seconds, such as `1207:14:03`, also after a number of days, such as
    /// `50 days, 7:14:03`, to seconds. Two numbers are not read: they may be hours and minutes, or minutes and seconds.
    static func seconds(_ text: String) -> Double? {
        var scanner = DigitScanner(text)
        guard let first = scanner.number(digits: 1...7) else { return nil }
        var (days, hours) = (Int64(0), first)
        if scanner.skip(" day") || scanner.skip("d") {
            days = first
            for separator in ["s", ",", " "] { _ = scanner.skip(separator) }
            guard !scanner.isAtEnd else { return Double(days * 86_400) }
            guard let number = scanner.number(digits: 1...2) else { return nil }
            hours = number
        }
        guard scanner.skip(":"), let minutes = scanner.number(digits: 1...2), minutes < 60, scanner.skip(":"),
            let seconds = scanner.number(digits: 1...2), seconds < 60, scanner.isAtEnd
        else { return nil }
        return Double(days * 86_400 + hours * 3_600 + minutes * 60 + seconds)
    }
}

/// Reads a text of digits and separators from left to right.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// Skips this text if it comes next.
    mutating func skip(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    /// The next number, if it has so many digits.
    mutating func number(digits: ClosedRange<Int>) -> Int64? {
        let found = rest.prefix { (0x30...0x39).contains($0) }
        guard digits.contains(found.count) else { return nil }
        rest = rest.dropFirst(found.count)
        return found.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// A date, in days since 1970.
    mutating func date() -> Int64? {
        guard let first = number(digits: 1...4) else { return nil }
        if skip("-") {
            guard first >= 1_970, let month = number(digits: 2...2), skip("-"), let day = number(digits: 2...2) else {
                return nil
            }
            return days(first, month, day)
        }
        // The month comes first, as in the versions that write dates so.
        guard first <= 12, skip("/"), let day = number(digits: 1...2), skip("/"), let year = number(digits: 2...4)
        else { return nil }
        return days(year < 100 ? 2_000 + year : year, first, day)
    }

    private func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        guard (1_970...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        var fields = unsafe tm()
        unsafe fields.tm_year = Int32(year - 1_900)
        unsafe fields.tm_mon = Int32(month - 1)
        unsafe fields.tm_mday = Int32(day)
        let seconds = unsafe Int64(timegm(&fields))
        // `timegm` makes 3 March of 31 February.
        return unsafe fields.tm_mday == Int32(day) ? seconds / 86_400 : nil
    }

    /// A time of day, in milliseconds.
    mutating func time() -> Int64? {
        guard let hour = number(digits: 2...2), hour < 24, skip(":"), let minute = number(digits: 2...2), minute < 60
        else { return nil }
        guard skip(":") else { return (hour * 60 + minute) * 60_000 }
        guard let second = number(digits: 2...2), second <= 60 else { return nil }
        // Nothing that is exposed needs the fraction.
        if skip("."), number(digits: 1...9) == nil { return nil }
        return (hour * 3_600 + minute * 60 + second) * 1_000
    }

    /// The offset from UTC, in milliseconds.
    mutating func offset() -> Int64? {
        if isAtEnd || skip("Z") { return 0 }
        _ = skip(" ")
        if skip("UTC") || skip("GMT") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        let (hours, minutes): (Int64, Int64)
        if let compact = number(digits: 4...4) {
            (hours, minutes) = (compact / 100, compact % 100)
        } else {
            guard let first = number(digits: 2...2), skip(":"), let second = number(digits: 2...2) else { return nil }
            (hours, minutes) = (first, second)
        }
        guard minutes < 60, hours <= 14 else { return nil }
        return sign * (hours * 60 + minutes) * 60_000
    }
}
