/// Reads and writes durations as Prometheus does: `90s`, `1h30m`, `1d`, `500ms`, and `0` without a unit.
package enum PrometheusDuration {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
        ("ms", 1),
    ]
    /// Prometheus stores nanoseconds in 64 bits.
    private static let limit = Int64.max / 1_000_000

    /// Milliseconds; nil for what Prometheus' `ParseDuration` refuses: units out of order or repeated, fractions, signs,
    /// spaces, and more than 292 years.
    package static func milliseconds(_ text: String) -> Int64? {
        guard text != "0" else { return 0 }
        var rest = text.utf8[...]
        var allowed = units[...]
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest[digits.endIndex...]
            let letters = rest.prefix { !(0x30...0x39).contains($0) }
            rest = rest[letters.endIndex...]
            guard let number = Int64(String(decoding: digits, as: UTF8.self)),
                let unit = allowed.firstIndex(where: { $0.name.utf8.elementsEqual(letters) })
            else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: allowed[unit].milliseconds)
            guard !overflow, product <= limit - total else { return nil }
            total += product
            allowed = allowed[(unit + 1)...]
        }
        return text.isEmpty ? nil : total
    }

    /// The shortest text for this many seconds, from milliseconds to days: 90 is `1m30s`, 86 400 is `1d`.
    package static func text(seconds: Double) -> String {
        guard seconds > 0, seconds < 9e12 else { return "0s" }
        var rest = Int64((seconds * 1_000).rounded())
        var text = ""
        // Weeks and years are read but not written: 30d is easier to read than 4w2d.
        for unit in units.dropFirst(2) where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text.isEmpty ? "0s" : text
    }
}
