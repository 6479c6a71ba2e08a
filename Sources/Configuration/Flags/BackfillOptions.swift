import Values

/// What `backfill` writes.
package struct BackfillOptions: Sendable, Equatable {
    /// Start of the time range in milliseconds since 1970; nil is the start of the ledger.
    package var startMilliseconds: Int64?
    /// End of the time range in milliseconds since 1970; nil is chosen by the clock.
    package var endMilliseconds: Int64?
    /// Time between two samples of a series; at least a second.
    package var stepMilliseconds: Int64 = 300_000
    /// Labels of every series in addition to its own; each name once.
    package var labels: [ExtraLabel] = []
    /// Where live counters start that continue the written ones; each appliance once.
    package var ledgerStarts: [LedgerStart] = []

    /// The defaults.
    package init() {}

    /// A label that a scrape would add.
    package struct ExtraLabel: Sendable, Equatable {
        package let name: String
        package let value: String

        /// The values as given, without any check.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The value of `darktrace_ledger_start_timestamp_seconds` of one appliance.
    package struct LedgerStart: Sendable, Equatable {
        /// Nil is the only appliance.
        package let appliance: String?
        /// Since 1970.
        package let milliseconds: Int64

        /// The values as given, without any check.
        package init(appliance: String?, milliseconds: Int64) {
            self.appliance = appliance
            self.milliseconds = milliseconds
        }
    }
}

extension BackfillOptions {
    /// Whether nothing says where the time range starts.
    var isWithoutStart: Bool { startMilliseconds == nil && ledgerStarts.isEmpty }

    /// Milliseconds between two samples.
    static func step(_ text: String) throws(ValidationError) -> Int64 {
        guard let step = PrometheusDuration.milliseconds(text), (1_000...86_400_000).contains(step) else {
            throw ValidationError("needs a duration from 1s to 1d, like 5m")
        }
        return step
    }

    /// Refuses a label that is given twice.
    static func check(_ labels: [ExtraLabel]) throws(ValidationError) {
        guard Set(labels.map(\.name)).count == labels.count else { throw ValidationError("names a label twice") }
    }

    /// Refuses an appliance that is given twice.
    static func check(_ starts: [LedgerStart]) throws(ValidationError) {
        guard Set(starts.map(\.appliance)).count == starts.count else {
            throw ValidationError("names an appliance twice")
        }
    }
}

extension BackfillOptions.ExtraLabel {
    /// The labels that the series already have, and the one of buckets.
    private static let taken = ["appliance", "model", "category", "le"]

    /// Reads `NAME=VALUE`; the value may hold anything, a further `=` included.
    init(parsing text: String) throws(ValidationError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isName(parts[0]) else {
            throw ValidationError("needs NAME=VALUE, the name of letters, digits and _, no digit first and no __")
        }
        guard !Self.taken.contains(String(parts[0])) else {
            throw ValidationError(
                "must not be one of \(Self.taken.joined(separator: ", ")), which the series already have")
        }
        // To Prometheus a label with an empty value is none.
        guard !parts[1].isEmpty else { throw ValidationError("needs a value after the =") }
        self.init(name: String(parts[0]), value: String(parts[1]))
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first), !text.hasPrefix("__") else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}

extension BackfillOptions.LedgerStart {
    /// Reads `NAME=TIME` or, for the only appliance, `TIME`; a name may hold a `=`, a time holds none.
    init(parsing text: String) throws(ValidationError) {
        guard let equals = text.lastIndex(of: "=") else {
            self.init(appliance: nil, milliseconds: try TimestampParser.milliseconds(text))
            return
        }
        guard equals > text.startIndex else { throw ValidationError("needs the name of an appliance before the =") }
        self.init(
            appliance: String(text[..<equals]),
            milliseconds: try TimestampParser.milliseconds(String(text[text.index(after: equals)...])))
    }
}
