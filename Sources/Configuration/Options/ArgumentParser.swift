/// Cuts a command line into flags, their values and words, by the rules of GNU and of the table of flags alone.
struct ArgumentParser {
    /// What one piece of the command line says.
    enum Piece: Equatable {
        /// `--help` or `--version`.
        case action(Flag.Name)
        case boolean(Flag.Name, Bool)
        case value(Flag.Name, String)
        case word(String)
    }

    private let redaction: Redaction
    private var rest: ArraySlice<String>
    private var isAfterDashes = false
    private var seen: Set<Flag.Name> = []

    /// Cuts these arguments, which begin after the name of the program.
    init(_ arguments: [String], redaction: Redaction) {
        rest = arguments[...]
        self.redaction = redaction
    }

    /// The next piece; nil at the end.
    mutating func next() throws(ConfigurationError) -> Piece? {
        guard let argument = rest.popFirst() else { return nil }
        if isAfterDashes || argument == "-" || !argument.hasPrefix("-") { return .word(argument) }
        if argument == "--" {
            isAfterDashes = true
            return try next()
        }
        return argument.hasPrefix("--") ? try long(argument.dropFirst(2)) : try short(argument.dropFirst())
    }

    private mutating func long(_ argument: Substring) throws(ConfigurationError) -> Piece {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let word = parts.first ?? ""
        let value = parts.count > 1 ? String(parts[1]) : nil
        if let name = Flag.Name(rawValue: String(word)), let flag = Self.flag(name) {
            return try piece(flag, value: value)
        }
        if word.hasPrefix("no-"), let name = Flag.Name(rawValue: String(word.dropFirst(3))),
            let flag = Self.flag(name), flag.kind == .boolean
        {
            return try boolean(flag, false, value: value)
        }
        throw error("unknown long flag '--\(shown(word))'\(guess(word)), try --help")
    }

    private mutating func short(_ letters: Substring) throws(ConfigurationError) -> Piece {
        func flag(_ letter: Character) -> Flag? { Flag.table.first { $0.short == letter } }
        let unknown = letters.drop { flag($0) != nil }.prefix(1)
        // None of the short flags takes a value, so that what follows the first only has to be known.
        guard unknown.isEmpty, let first = letters.first.flatMap(flag) else {
            throw error("unknown short flag '-\(shown(unknown))', try --help")
        }
        return try piece(first, value: nil)
    }

    private mutating func piece(_ flag: Flag, value: String?) throws(ConfigurationError) -> Piece {
        switch flag.kind {
        case .boolean: return try boolean(flag, true, value: value)
        case .action:
            guard value == nil else { throw error("flag '--\(flag.name.rawValue)' takes no value, try --help") }
            return .action(flag.name)
        case .value:
            try claim(flag)
            if let value { return .value(flag.name, value) }
            // A value that begins with a dash has to be written with =, or a forgotten value would eat the next flag.
            guard let next = rest.first, next == "-" || !next.hasPrefix("-") else {
                throw error("expected argument for flag '--\(flag.name.rawValue)', try --help")
            }
            rest.removeFirst()
            return .value(flag.name, next)
        }
    }

    private mutating func boolean(_ flag: Flag, _ isOn: Bool, value: String?) throws(ConfigurationError) -> Piece {
        guard value == nil else {
            throw error("flag '--\(flag.name.rawValue)' takes no value, try --no-\(flag.name.rawValue) to turn it off")
        }
        try claim(flag)
        return .boolean(flag.name, isOn)
    }

    private mutating func claim(_ flag: Flag) throws(ConfigurationError) {
        guard seen.insert(flag.name).inserted || flag.isRepeatable else {
            throw error("flag '--\(flag.name.rawValue)' cannot be repeated, try --help")
        }
    }

    private static func flag(_ name: Flag.Name) -> Flag? { Flag.table.first { $0.name == name } }

    private func shown(_ text: Substring) -> String { redaction.word(text) ?? "…" }

    private func guess(_ word: Substring) -> String {
        SpellingSuggestion.nearest(to: String(word), among: Flag.Name.allCases.map(\.rawValue)).map {
            " (did you mean '--\($0)'?)"
        }
            ?? ""
    }

    private func error(_ problem: String) -> ConfigurationError {
        ConfigurationError(place: .arguments, problem: problem)
    }
}
