import Values

/// Everything that flags can set, checked.
struct Options: Sendable {
    var web = Settings().web
    var log = Settings().log
    /// Nil if `--state.path` was not given.
    var statePath: String?
    /// Nil if `--config.file` was not given.
    var configFile: String?
    var isCheckOnly = false
    var isSyntaxCheckOnly = false
    var watchesFile = false
    var command = Command.serve
    var history = BackfillOptions()
    var check = CheckOptions()
    /// Of the command `state`.
    var stateAction = StateAction.list
    /// Where `state copy` writes; empty if it was not given.
    var copyTarget = ""

    /// What the command line asks for.
    enum Outcome: Sendable {
        /// Show the help of this command; nil is that of the program.
        case help(Command?)
        case version
        case options(Options)
    }

    /// Reads the arguments after the name of the program and the variables of flags; the command line takes precedence.
    ///
    /// Adds all mistakes. `--help` and `--version` win over what follows them, but not over a mistake before them.
    static func read(
        _ arguments: [String], environment: [String: String], redaction: Redaction, findings: inout Findings
    ) -> Outcome {
        var parser = ArgumentParser(arguments, redaction: redaction)
        var given: [String: [String]] = [:]
        var words: [String] = []
        var onlyOf: Flag?
        var options = Options()
        while let piece = parser.next(findings: &findings) {
            switch piece {
            case .action(.version):
                if findings.isGood { return .version }
            case .action(.help):
                if findings.isGood { return .help(words.first.flatMap(Command.init)) }
            case .boolean(let flag, let path, let isOn):
                options[keyPath: path] = isOn
                if onlyOf == nil, flag.command != nil { onlyOf = flag }
            case .value(let flag, let text):
                given[flag.name, default: []].append(text)
                if onlyOf == nil, flag.command != nil { onlyOf = flag }
            case .word(let word): words.append(word)
            }
        }
        if words.first == Command.state.rawValue {
            do throws(ValidationError) {
                options.stateAction = try StateAction(parsing: Array(words.dropFirst()))
            } catch {
                findings.add(parser.error("command 'state' \(error.description), try --help"))
            }
            words = [Command.state.rawValue]
        }
        if words.first == Command.check.rawValue, words.dropFirst() != [Command.help.rawValue] {
            options.check.names = Array(words.dropFirst())
            words = [Command.check.rawValue]
        }
        let commands = parser.commands(words, findings: &findings)
        if commands.first == .help, findings.isGood { return .help(commands.dropFirst().first) }
        options.command = commands.first ?? .serve
        options.apply(given, findings: &findings)
        options.applyVariables(environment, except: parser.seen, findings: &findings)
        if let flag = onlyOf, let only = flag.command, only != options.command, commands.count == words.count {
            findings.add(parser.error("flag '--\(flag.name)' belongs to the command \(only.rawValue), try --help"))
        }
        switch options.stateAction {
        case .copy where options.copyTarget.isEmpty:
            findings.add(parser.error("command 'state' needs --to with copy, try --help"))
        case .copy: options.stateAction = .copy(to: options.copyTarget)
        default:
            guard options.command != .state || options.copyTarget.isEmpty else {
                findings.add(parser.error("flag '--to' belongs to the command state copy, try --help"))
                break
            }
        }
        if options.command == .backfill, options.history.isWithoutStart,
            given["start"] == nil, given["ledger-start"] == nil
        {
            findings.add(
                parser.error(
                    "command 'backfill' needs --start, the time from which on breaches are written, try --help"))
        }
        return .options(options)
    }

    private mutating func apply(_ given: [String: [String]], findings: inout Findings) {
        for flag in Flag.table {
            guard case .value(_, let set) = flag.kind, let texts = given[flag.name] else { continue }
            do throws(ValidationError) {
                try set(&self, texts)
            } catch {
                findings.add(
                    ConfigurationError(
                        place: .arguments, problem: "flag '--\(flag.name)' \(error.description), try --help"))
            }
        }
    }

    /// An empty variable counts as not set. The values of a repeatable flag are separated by commas.
    private mutating func applyVariables(
        _ environment: [String: String], except seen: Set<String>, findings: inout Findings
    ) {
        for flag in Flag.table {
            guard let variable = flag.variable, let text = environment[variable], !text.isEmpty,
                !seen.contains(flag.name), flag.command == nil || flag.command == command
            else { continue }
            do throws(ValidationError) {
                guard !text.isQuoted else {
                    throw ValidationError("is in quotes, which are part of the value; remove them")
                }
                switch flag.kind {
                case .action: break
                case .boolean(let path):
                    guard let isOn = Bool(text) else { throw ValidationError("must be true or false") }
                    self[keyPath: path] = isOn
                case .value(_, let set):
                    try set(&self, flag.isRepeatable ? text.split(separator: ",").map(String.init) : [text])
                }
            } catch {
                findings.add(ConfigurationError(place: .variable(variable), problem: error.description))
            }
        }
    }
}

/// Splits a command line into flags, values and words, by the rules of GNU and the table of flags.
struct ArgumentParser {
    /// What one piece of the command line says.
    enum Piece {
        /// `--help` or `--version`.
        case action(Flag.Action)
        case boolean(Flag, any WritableKeyPath<Options, Bool> & Sendable, Bool)
        case value(Flag, String)
        case word(String)
    }

    private let redaction: Redaction
    private var rest: ArraySlice<String>
    private var isAfterDashes = false
    /// The names of the flags that were given.
    private(set) var seen: Set<String> = []

    /// Takes these arguments, which start after the name of the program.
    init(_ arguments: [String], redaction: Redaction) {
        rest = arguments[...]
        self.redaction = redaction
    }

    /// The next piece without a mistake; nil at the end. Adds the mistakes before it.
    mutating func next(findings: inout Findings) -> Piece? {
        while !rest.isEmpty {
            do throws(ConfigurationError) {
                if let piece = try piece() { return piece }
            } catch {
                findings.add(error)
            }
        }
        return nil
    }

    /// A mistake on the command line.
    func error(_ problem: String) -> ConfigurationError { ConfigurationError(place: .arguments, problem: problem) }

    /// The commands that these words name: one, or `help` and the command that it is about.
    func commands(_ words: [String], findings: inout Findings) -> [Command] {
        var commands: [Command] = []
        for (index, word) in words.enumerated() {
            let shown = redaction.word(word).map { "'\($0)'" } ?? redaction.shown(word)
            guard index == 0 || (index == 1 && commands == [.help]) else {
                findings.add(error("unexpected argument \(shown), try --help"))
                continue
            }
            if let command = Command(rawValue: word) {
                commands.append(command)
            } else {
                let nearest = SpellingSuggestion.nearest(to: word, among: Command.allCases.map(\.rawValue))
                let question = nearest.map { " (did you mean '\($0)'?)" } ?? ""
                findings.add(error("unknown command \(shown)\(question), try --help"))
            }
        }
        return commands
    }

    private mutating func piece() throws(ConfigurationError) -> Piece? {
        guard let argument = rest.popFirst() else { return nil }
        if isAfterDashes || argument == "-" || !argument.hasPrefix("-") { return .word(argument) }
        if argument == "--" {
            isAfterDashes = true
            return nil
        }
        return argument.hasPrefix("--") ? try long(argument.dropFirst(2)) : try short(argument.dropFirst())
    }

    private mutating func long(_ argument: Substring) throws(ConfigurationError) -> Piece {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let word = parts.first ?? ""
        let value = parts.count > 1 ? String(parts[1]) : nil
        if let flag = Flag.named(word) { return try piece(flag, value: value) }
        if word.hasPrefix("no-"), let flag = Flag.named(word.dropFirst(3)), case .boolean(let path) = flag.kind {
            return try boolean(flag, path, false, value: value)
        }
        // What follows is probably its value.
        if value == nil, let next = rest.first, !next.hasPrefix("-"), Command(rawValue: next) == nil {
            rest.removeFirst()
        }
        throw error("unknown long flag '--\(redaction.word(word) ?? "…")'\(suggestion(word)), try --help")
    }

    private mutating func short(_ letters: Substring) throws(ConfigurationError) -> Piece {
        func flag(_ letter: Character) -> Flag? { Flag.table.first { $0.short == letter } }
        let unknown = letters.drop { flag($0) != nil }.prefix(1)
        // No short flag takes a value, so that what follows the first only has to be known.
        guard unknown.isEmpty, let first = letters.first.flatMap(flag) else {
            throw error("unknown short flag '-\(redaction.word(unknown) ?? "…")', try --help")
        }
        return try piece(first, value: nil)
    }

    private mutating func piece(_ flag: Flag, value: String?) throws(ConfigurationError) -> Piece {
        switch flag.kind {
        case .boolean(let path): return try boolean(flag, path, true, value: value)
        case .action(let action):
            guard value == nil else { throw error("flag '--\(flag.name)' takes no value, try --help") }
            return .action(action)
        case .value:
            try claim(flag)
            if let value { return .value(flag, value) }
            // A value that begins with a dash has to be written with =, or a forgotten value would take the next flag.
            guard let next = rest.first, next == "-" || !next.hasPrefix("-") else {
                throw error("expected argument for flag '--\(flag.name)', try --help")
            }
            rest.removeFirst()
            return .value(flag, next)
        }
    }

    private mutating func boolean(
        _ flag: Flag, _ path: any WritableKeyPath<Options, Bool> & Sendable, _ isOn: Bool, value: String?
    ) throws(ConfigurationError) -> Piece {
        guard value == nil else {
            throw error("flag '--\(flag.name)' takes no value, try --no-\(flag.name) to turn it off")
        }
        try claim(flag)
        return .boolean(flag, path, isOn)
    }

    private mutating func claim(_ flag: Flag) throws(ConfigurationError) {
        guard seen.insert(flag.name).inserted || flag.isRepeatable else {
            throw error("flag '--\(flag.name)' cannot be repeated, try --help")
        }
    }

    private func suggestion(_ word: Substring) -> String {
        SpellingSuggestion.nearest(to: String(word), among: Flag.table.map(\.name)).map { " (did you mean '--\($0)'?)" }
            ?? ""
    }
}
