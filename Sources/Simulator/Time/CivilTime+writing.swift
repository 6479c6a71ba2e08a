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
