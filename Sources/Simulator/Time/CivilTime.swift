/// A UTC date and time in the proleptic Gregorian calendar.
struct CivilTime: Sendable, Equatable {
    var year, month, day, hour, minute, second: Int
    var millisecond = 0

    /// The fields of an instant in milliseconds since 1970.
    init(milliseconds: Int64) {
        let days = Self.floorDivide(milliseconds, 86_400_000)
        let rest = Int(milliseconds - days * 86_400_000)
        (year, month, day) = Self.date(daysSince1970: days)
        (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60)
        millisecond = rest % 1_000
    }

    /// Makes an instant from its fields; nil when a field is out of range.
    init?(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int) {
        guard (1...12).contains(month), (0...9_999).contains(year), (0...23).contains(hour), (0...59).contains(minute),
            (0...59).contains(second), day >= 1, day <= Self.days(inMonth: month, of: year)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
    }

    /// Milliseconds since 1970.
    var milliseconds: Int64 {
        let seconds = Self.daysSince1970(year, month, day) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
        return seconds * 1_000 + Int64(millisecond)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    // The year begins in March here, so that the leap day is its last; an era is 400 years of 146 097 days.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(daysSince1970 days: Int64) -> (Int, Int, Int) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
        let month = Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
        return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month, day)
    }

    static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

extension CivilTime {
    /// `2026-01-15 09:30:00`
    var spaced: String { "\(date) \(time)" }

    /// `2026-01-15`
    var date: String { "\(Self.padded(year, 4))-\(Self.padded(month))-\(Self.padded(day))" }

    /// `09:30:00`
    var time: String { "\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))" }

    /// `Thu, 15 Jan 2026 09:30:00 GMT`: the form of RFC 9110 for the `Date` header.
    var httpDate: String {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let days = Self.floorDivide(milliseconds, 86_400_000)
        let weekday = weekdays[Int(days - Self.floorDivide(days, 7) * 7)]
        return "\(weekday), \(Self.padded(day)) \(months[month - 1]) \(Self.padded(year, 4)) \(time) GMT"
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
