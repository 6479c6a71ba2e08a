package import Darktrace
import Values

/// What the program is started with.
package struct SimulatorOptions: Sendable {
    /// HTTPS for all appliances.
    package var listenAddress = "127.0.0.1:13948"
    /// Plain HTTP for the control path; loopback only.
    package var controlAddress = "127.0.0.1:13949"
    /// Where the authority's certificate is written, for clients to trust.
    package var caFile: String? = "darktrace-simulator-ca.pem"
    /// Where commands of the control path are kept, to hold again after a restart.
    package var journal: String?
    /// What everything is drawn from.
    package var seed: UInt64 = 1
    /// Breaches a day of each appliance that does not say otherwise.
    package var rate = 200.0
    /// How far back breaches reach at the start, in milliseconds.
    package var history: Int64 = 30 * 86_400_000
    /// World milliseconds before which nothing was created; by default the start of today less the history.
    package var epoch: Int64?
    /// World seconds in a real second.
    package var speed = 1.0
    /// World milliseconds at the start; by default the machine's time.
    package var clockStart: Int64?
    /// Faults that hold from the epoch on.
    package var faults: [FaultSetting] = []
    /// Empty for the two of the demonstration.
    package var appliances: [ApplianceOption] = []

    /// An appliance as the command line names it.
    package struct ApplianceOption: Sendable {
        /// How it is called in flags, on the control path and by the oracle.
        package var name: String
        /// Its token pair.
        package var credentials: Credentials
        /// Breaches a day; nil for the common rate.
        package var rate: Double?
        /// nil for the common seed.
        package var seed: UInt64?
        /// An own listener in addition to the common one.
        package var listenAddress: String?
        /// What its links carry; nil for its name under `.example`.
        package var hostName: String?

        /// Takes the three parts that every appliance has.
        package init(name: String, publicToken: String, privateToken: String) {
            self.name = name
            credentials = Credentials(publicToken: publicToken, privateToken: privateToken)
        }
    }

    /// The defaults, for the two appliances of the demonstration.
    package init() {}

    /// The appliances of a demonstration; their tokens are documented and protect nothing.
    static let demonstration = [
        ApplianceOption(
            name: "hq", publicToken: "1111111111111111111111111111111111111111",
            privateToken: "2222222222222222222222222222222222222222"),
        ApplianceOption(
            name: "branch", publicToken: "3333333333333333333333333333333333333333",
            privateToken: "4444444444444444444444444444444444444444"),
    ]

    /// The settings of every appliance, everything decided.
    ///
    /// - Parameter now: World milliseconds at the start.
    func applianceSettings(now: Int64) -> [ApplianceSettings] {
        let today = CivilTime.floorDivide(now, 86_400_000) * 86_400_000
        return (appliances.isEmpty ? Self.demonstration : appliances).map { option in
            var settings = ApplianceSettings(name: option.name, credentials: option.credentials)
            settings.seed = option.seed ?? seed
            settings.rate = option.rate ?? rate
            settings.epoch = epoch ?? (today - history)
            settings.listenAddress = option.listenAddress
            settings.hostName = option.hostName ?? "\(option.name).example"
            return settings
        }
    }
}

extension SimulatorOptions {
    /// The action of a command line.
    package enum Request: Sendable {
        case run(SimulatorOptions)
        case help
        case version
    }

    /// Parses a command line without the program's name; accepts `--flag=value` and `--flag value`.
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
            guard let instant = Self.instant(value) else { throw invalid("milliseconds since 1970 or a date in UTC") }
            epoch = instant
        case "--clock.start":
            guard let instant = Self.instant(value) else { throw invalid("milliseconds since 1970 or a date in UTC") }
            clockStart = instant
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
        guard Set(names).count == names.count else {
            throw InvalidOption("--appliance: two appliances have the same name")
        }
        guard Set(tokens).count == tokens.count else {
            throw InvalidOption("--appliance: two appliances have the same public token")
        }
        for fault in faults {
            guard let name = fault.appliance, !names.contains(name) else { continue }
            throw InvalidOption("--fault: there is no appliance \(name); there is \(names.joined(separator: ", "))")
        }
    }

    static func rate(_ text: String) -> Double? {
        Double(text).flatMap { (0...10_000_000).contains($0) ? $0 : nil }
    }

    /// Milliseconds since 1970, given as such or as text in UTC.
    private static func instant(_ text: String) -> Int64? {
        let instant =
            Int64(text) ?? DateForm.read(text)?.milliseconds ?? DateForm.read("\(text) 00:00:00")?.milliseconds
        return instant.flatMap { (0...253_402_300_799_999).contains($0) ? $0 : nil }
    }
}

/// An invalid command line, as one line.
package struct InvalidOption: Error, CustomStringConvertible {
    /// The flag and the problem; never contains a token.
    package var description: String

    init(_ description: String) { self.description = description }
}

extension SimulatorOptions.ApplianceOption {
    /// Reads `name:publictoken:privatetoken[:key=value…]`; the text is never printed because it contains a secret.
    init(parsing text: String) throws(InvalidOption) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts[0...2].allSatisfy({ !$0.isEmpty }) else {
            throw InvalidOption("--appliance must be name:publictoken:privatetoken[:key=value…]")
        }
        self.init(name: parts[0], publicToken: parts[1], privateToken: parts[2])
        parts.removeFirst(3)
        // Addresses contain colons: a part without = continues the part before.
        var pairs: [String] = []
        for part in parts {
            if part.contains("=") || pairs.isEmpty { pairs.append(part) } else { pairs[pairs.count - 1] += ":\(part)" }
        }
        for pair in pairs { try set(pair) }
    }

    private mutating func set(_ pair: String) throws(InvalidOption) {
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw InvalidOption("--appliance \(name): \"\(pair)\" is not key=value") }
        switch parts[0] {
        case "rate":
            guard let number = SimulatorOptions.rate(parts[1]) else {
                throw InvalidOption("--appliance \(name): rate must be breaches per day, 0 to 10000000")
            }
            rate = number
        case "seed":
            guard let number = UInt64(parts[1]) else {
                throw InvalidOption("--appliance \(name): seed must be a whole number")
            }
            seed = number
        case "listen": listenAddress = parts[1]
        case "host": hostName = parts[1]
        default:
            throw InvalidOption("--appliance \(name): unknown key \(parts[0]); use rate, seed, listen or host")
        }
    }
}
