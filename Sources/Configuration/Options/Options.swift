import Values

/// The command line with every value checked.
struct Options: Equatable {
    var web = Settings.Web()
    var log = Settings.Log()
    var statePath = Settings().statePath
    /// Nil if `--config.file` was not given.
    var configFile: String?
    var isCheckOnly = false
    var command = Command.serve
    var history = BackfillOptions()

    /// What the command line comes to.
    enum Outcome: Equatable {
        case help, version
        case options(Options)
    }

    /// Reads the arguments after the name of the program.
    static func parse(_ arguments: [String], redaction: Redaction) throws(ConfigurationError) -> Outcome {
        var parser = ArgumentParser(arguments, redaction: redaction)
        var options = Options()
        var addresses: [String] = []
        var command: Command?
        var bound: Flag?
        while let piece = try parser.next() {
            switch piece {
            case .action(.version): return .version
            case .action: return .help
            case .boolean(let name, let isOn): options.set(name, isOn)
            case .value(.listenAddress, let text):
                addresses.append(try checked(.listenAddress, text, FlagValidation.listenAddress))
            case .value(let name, let text):
                try options.set(name, text, redaction)
                if bound == nil { bound = Flag.table.first { $0.name == name && $0.command != nil } }
            case .word(let word):
                guard command == nil else { throw error("unexpected argument \(quoted(word, redaction)), try --help") }
                guard let known = Command(rawValue: word) else {
                    throw error("unknown command \(quoted(word, redaction)), try --help")
                }
                command = known
            }
        }
        options.command = command ?? .serve
        if let bound, let only = bound.command, only != options.command {
            throw error("flag '--\(bound.name.rawValue)' belongs to the command \(only.rawValue), try --help")
        }
        if options.command == .backfill, let objection = options.history.objection {
            throw error("command 'backfill' \(objection), try --help")
        }
        if !addresses.isEmpty { options.web.listenAddresses = addresses }
        return .options(options)
    }

    private mutating func set(_ name: Flag.Name, _ isOn: Bool) {
        switch name {
        case .configCheck: isCheckOnly = isOn
        case .openMetricsCreated: web.openMetricsCreated = isOn
        case .enableLifecycle: web.enableLifecycle = isOn
        case .systemdSocket: web.systemdSocket = isOn
        default: break
        }
    }

    private mutating func set(
        _ name: Flag.Name, _ text: String, _ redaction: Redaction
    ) throws(ConfigurationError) {
        switch name {
        case .configFile: configFile = try Self.checked(name, text, FlagValidation.path)
        case .telemetryPath: web.telemetryPath = try Self.checked(name, text, FlagValidation.telemetryPath)
        case .webConfigFile: web.configFile = text.isEmpty ? nil : text
        case .maxRequests: web.maxRequests = try Self.checked(name, text, FlagValidation.requestLimit)
        case .statePath: statePath = try Self.checked(name, text, FlagValidation.path)
        case .logLevel: log.level = try Self.checked(name, text, FlagValidation.choice)
        case .logFormat: log.format = try Self.checked(name, text, FlagValidation.choice)
        case .start, .end, .step, .label, .ledgerStart:
            var history = history
            try Self.checked(name, text) { (text) throws(ValidationError) in try history.set(name, text) }
            self.history = history
        default: break
        }
    }

    private static func checked<Value>(
        _ name: Flag.Name, _ text: String, _ check: (String) throws(ValidationError) -> Value
    ) throws(ConfigurationError) -> Value {
        do {
            return try check(text)
        } catch {
            throw self.error("flag '--\(name.rawValue)' \(error.description), try --help")
        }
    }

    private static func quoted(_ word: String, _ redaction: Redaction) -> String {
        redaction.word(word).map { "'\($0)'" } ?? redaction.shown(word)
    }

    private static func error(_ problem: String) -> ConfigurationError {
        ConfigurationError(place: .arguments, problem: problem)
    }
}
