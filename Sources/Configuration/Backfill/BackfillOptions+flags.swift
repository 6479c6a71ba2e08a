import Values

extension BackfillOptions {
    /// Takes the value of one flag; those of other commands are passed over.
    mutating func set(_ name: Flag.Name, _ text: String) throws(ValidationError) {
        switch name {
        case .start: startMilliseconds = try TimestampParser.milliseconds(text)
        case .end: endMilliseconds = try TimestampParser.milliseconds(text)
        case .step: stepMilliseconds = try Self.step(text)
        case .label: try add(ExtraLabel(parsing: text))
        case .ledgerStart: try add(LedgerStart(parsing: text))
        default: break
        }
    }

    /// Nil, or what is missing.
    var objection: ValidationError? {
        guard startMilliseconds == nil, ledgerStarts.isEmpty else { return nil }
        return ValidationError("needs --start, the time from which on breaches are written")
    }

    private static func step(_ text: String) throws(ValidationError) -> Int64 {
        guard let step = PrometheusDuration.milliseconds(text), (1_000...86_400_000).contains(step) else {
            throw ValidationError("needs a duration from 1s to 1d, like 5m")
        }
        return step
    }

    private mutating func add(_ label: ExtraLabel) throws(ValidationError) {
        guard !labels.contains(where: { $0.name == label.name }) else { throw ValidationError("names a label twice") }
        labels.append(label)
    }

    private mutating func add(_ start: LedgerStart) throws(ValidationError) {
        guard !ledgerStarts.contains(where: { $0.appliance == start.appliance }) else {
            throw ValidationError("names an appliance twice")
        }
        ledgerStarts.append(start)
    }
}

extension BackfillOptions.ExtraLabel {
    /// The labels that the series have themselves, and the one that belongs to buckets.
    private static let taken = ["appliance", "model", "category", "le"]

    /// Reads `NAME=VALUE`; the value may hold anything, a further `=` included.
    init(parsing text: String) throws(ValidationError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isName(parts[0]) else {
            throw ValidationError("needs NAME=VALUE, the name of letters, digits and _, no digit first and no __")
        }
        guard !Self.taken.contains(String(parts[0])) else {
            throw ValidationError(
                "must not be one of \(Self.taken.joined(separator: ", ")), which the series have themselves")
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
