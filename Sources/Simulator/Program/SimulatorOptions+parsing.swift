import Darktrace
import Values

extension SimulatorOptions {
    /// What a command line asks for.
    package enum Request: Sendable {
        case run(SimulatorOptions)
        case help
        case version
    }

    /// Reads a command line without the program's name; `--flag=value` and `--flag value` are the same.
    package static func parse(_ arguments: [String]) throws(InvalidOption) -> Request {
        var options = SimulatorOptions()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if ["-h", "--help"].contains(argument) { return .help }
            if argument == "--version" { return .version }
            guard argument.hasPrefix("--") else {
                throw InvalidOption("unexpected argument \"\(argument)\"; see --help")
            }
            let equals = argument.firstIndex(of: "=")
            let flag = String(argument[..<(equals ?? argument.endIndex)])
            guard flags.contains(flag) else { throw InvalidOption("unknown flag \(flag); see --help") }
            guard let value = equals.map({ String(argument[argument.index(after: $0)...]) }) ?? rest.popFirst() else {
                throw InvalidOption("\(flag) needs a value")
            }
            try options.set(flag, value)
        }
        try options.check()
        return .run(options)
    }

    private static let flags: Set<String> = [
        "--listen-address", "--control.listen-address", "--ca-file", "--journal", "--seed", "--rate", "--history",
        "--epoch", "--clock.speed", "--clock.start", "--fault", "--appliance",
    ]

    private mutating func set(_ flag: String, _ value: String) throws(InvalidOption) {
        func invalid(_ wanted: String) -> InvalidOption {
            InvalidOption("\(flag) cannot be \"\(value)\"; give \(wanted)")
        }
        switch flag {
        case "--listen-address": listenAddress = value
        case "--control.listen-address": controlAddress = value
        case "--ca-file": caFile = value.isEmpty ? nil : value
        case "--journal": journal = value.isEmpty ? nil : value
        case "--seed":
            guard let number = UInt64(value) else { throw invalid("a whole number") }
            seed = number
        case "--rate":
            guard let number = Self.rate(value) else { throw invalid("breaches per day, 0 to 10000000") }
            rate = number
        case "--history":
            guard let span = PrometheusDuration.milliseconds(value), span <= 3_660 * 86_400_000 else {
                throw invalid("a duration as in 30d, at most ten years")
            }
            history = span
        case "--epoch":
            guard let moment = Self.moment(value) else { throw invalid("milliseconds since 1970 or a date in UTC") }
            epoch = moment
        case "--clock.start":
            guard let moment = Self.moment(value) else { throw invalid("milliseconds since 1970 or a date in UTC") }
            clockStart = moment
        case "--clock.speed":
            guard let number = Double(value), (0...1e6).contains(number) else {
                throw invalid("a number from 0 to 1000000")
            }
            speed = number
        case "--fault":
            do { faults.append(try FaultSetting(parsing: value)) } catch { throw InvalidOption("\(flag): \(error)") }
        default: appliances.append(try ApplianceOption(parsing: value))
        }
    }

    private func check() throws(InvalidOption) {
        let names = (appliances.isEmpty ? Self.demonstration : appliances).map(\.name)
        let tokens = appliances.map(\.credentials.publicToken)
        guard Set(names).count == names.count else { throw InvalidOption("--appliance: two of them have one name") }
        guard Set(tokens).count == tokens.count else {
            throw InvalidOption("--appliance: two of them have one public token")
        }
        for fault in faults {
            guard let name = fault.appliance, !names.contains(name) else { continue }
            throw InvalidOption("--fault: there is no appliance \(name); there is \(names.joined(separator: ", "))")
        }
    }

    static func rate(_ text: String) -> Double? {
        Double(text).flatMap { (0...10_000_000).contains($0) ? $0 : nil }
    }

    /// Milliseconds of a time that is given so, or as text in UTC.
    private static func moment(_ text: String) -> Int64? {
        let moment = Int64(text) ?? DateForm.read(text)?.milliseconds ?? DateForm.read("\(text) 00:00:00")?.milliseconds
        return moment.flatMap { (0...253_402_300_799_999).contains($0) ? $0 : nil }
    }
}

/// A command line that cannot be followed, as one line.
package struct InvalidOption: Error, CustomStringConvertible {
    /// What is wrong, and with which flag; it never holds a token.
    package var description: String

    init(_ description: String) { self.description = description }
}
