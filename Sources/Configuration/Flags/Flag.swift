import Values

/// What the program is to do; without a command it serves.
enum Command: String, CaseIterable, Sendable {
    case serve, check, once, backfill, state, healthcheck, help

    var help: String {
        switch self {
        case .serve: "Poll the appliances and serve the metrics (the default)."
        case .check: "Try every configured appliance once and report what is wrong."
        case .once: "Poll every feed once, print the metrics, exit."
        case .backfill: "Write the breach history of a time range, for promtool."
        case .state: "Show or change the state: list, rename <old> <new>, forget <name>, backup <file>, check, copy."
        case .healthcheck: "Check that the exporter with these flags serves; exit 0 or 1."
        case .help: "Show the help of a command."
        }
    }

    /// The words that may follow, as the help shows them; nil for none.
    var operands: String? {
        switch self {
        case .help: "[<command>]"
        case .check: "[<name>...]"
        case .state: "<action> [<name>...]"
        case .serve, .once, .backfill, .healthcheck: nil
        }
    }
}

/// One flag: how it is written, and which setting it changes.
///
/// Each flag is declared once. The parser, the environment variables, the help, the spelling suggestions and the test of
/// the reference all use these rows. A row is made from the path of a setting, so none can be without effect, and the
/// default in the help is the value of that setting.
struct Flag: Sendable {
    /// The name without its dashes.
    let name: String
    let kind: Kind
    var short: Character?
    var isRepeatable = false
    /// The only command that accepts it; nil is all of them.
    var command: Command?
    let help: String

    enum Kind: Sendable {
        /// Ends the program, like `--help`: no value, no `--no-` form and no variable.
        case action(Action)
        /// On or off, with a `--no-` form.
        case boolean(any WritableKeyPath<Options, Bool> & Sendable)
        /// Followed by a value; `set` gets all values of a repeatable flag.
        case value(default: String, set: @Sendable (inout Options, [String]) throws(ValidationError) -> Void)
    }

    /// What ends the program at once.
    enum Action: Sendable { case help, version }

    /// `--web.listen-address` is `DARKTRACE_EXPORTER_WEB_LISTEN_ADDRESS`; nil for an action.
    var variable: String? {
        if case .action = kind { return nil }
        let words = name.map { $0 == "." || $0 == "-" ? "_" : $0 }
        return "DARKTRACE_EXPORTER_\(String(words).uppercased())"
    }
}

extension Flag {
    typealias Path<Value> = any WritableKeyPath<Options, Value> & Sendable

    private static func value<Value: Sendable>(
        _ name: String, _ path: Path<Value>, command: Command? = nil, help: String,
        text: (Value) -> String, parse: @escaping @Sendable (String) throws(ValidationError) -> Value
    ) -> Flag {
        Flag(
            name: name,
            kind: .value(default: text(Options()[keyPath: path])) { (options, texts) throws(ValidationError) in
                for text in texts { options[keyPath: path] = try parse(text) }
            }, command: command, help: help)
    }

    private static func list<Value: Sendable>(
        _ name: String, _ path: Path<[Value]>, command: Command? = nil, help: String,
        text: ([Value]) -> String, check: @escaping @Sendable ([Value]) throws(ValidationError) -> Void = { _ in },
        parse: @escaping @Sendable (String) throws(ValidationError) -> Value
    ) -> Flag {
        Flag(
            name: name,
            kind: .value(default: text(Options()[keyPath: path])) { (options, texts) throws(ValidationError) in
                var values: [Value] = []
                for text in texts { values.append(try parse(text)) }
                try check(values)
                options[keyPath: path] = values
            }, isRepeatable: true, command: command, help: help)
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: Path<Choice>, command: Command? = nil, help: String
    ) -> Flag {
        value(
            name, path, command: command, help: "\(help) One of: \(Choice.allCases.commaSeparated).", text: \.rawValue
        ) {
            text throws(ValidationError) in
            guard let choice = Choice(rawValue: text) else {
                throw ValidationError("must be one of \(Choice.allCases.commaSeparated)")
            }
            return choice
        }
    }

    private static func boolean(
        _ name: String, _ path: Path<Bool>, command: Command? = nil, help: String
    ) -> Flag {
        Flag(name: name, kind: .boolean(path), command: command, help: help)
    }

    /// Every flag, in the order of the help.
    static let table: [Flag] = common + web + other + check + backfill + state

    /// The row of this name.
    static func named(_ name: some StringProtocol) -> Flag? { table.first { $0.name == name } }

    private static let common = [
        Flag(name: "help", kind: .action(.help), short: "h", help: "Show this help and exit."),
        Flag(name: "version", kind: .action(.version), help: "Show the version and exit."),
        value(
            "config.file", \.configFile,
            help: "Path to the configuration file (YAML). Not needed when DARKTRACE_URL is set.",
            text: { _ in Settings.defaultFile }, parse: { text throws(ValidationError) in try FlagValue.path(text) }),
        boolean(
            "config.check", \.isCheckOnly,
            help: "Check flags, environment, configuration file and the files that it names, and exit."),
        boolean(
            "config.check-syntax", \.isSyntaxCheckOnly,
            help: "The same without the files that the configuration names."),
        boolean(
            "config.auto-reload", \.watchesFile,
            help: "Read the configuration file again when it changes. Appliance files are always watched."),
    ]

    private static let web = [
        list(
            "web.listen-address", \.web.listenAddresses,
            help: "Addresses on which to expose metrics and web interface. Repeatable: host:port, :port, [v6]:port "
                + "(port 0 for any free one) or unix:PATH.",
            text: { $0.joined(separator: ", ") }, parse: FlagValue.listenAddress),
        value(
            "web.telemetry-path", \.web.telemetryPath, help: "Path under which to expose metrics.", text: { $0 },
            parse: FlagValue.telemetryPath),
        value(
            "web.external-url", \.web.externalURL,
            help:
                "The URL under which this exporter is externally reachable, for links and service discovery. Its path "
                + "is also the default route prefix.",
            text: { $0?.description ?? "" },
            parse: { text throws(ValidationError) in try WebURL(parsing: text) }),
        value(
            "web.route-prefix", \.web.givenRoutePrefix,
            help: "Prefix for the internal routes of web endpoints. Default: the path of the external URL.",
            text: { $0 ?? "" }, parse: { text throws(ValidationError) in try URLPath.checked(text) }),
        value(
            "web.config.file", \.web.configFile,
            help: "Path to configuration file that can enable TLS or authentication.", text: { $0 ?? "" },
            parse: { $0.isEmpty ? nil : $0 }),
        boolean(
            "web.health-without-auth", \.web.healthWithoutAuth,
            help: "Answer /-/healthy and /-/ready without a password. Client certificates stay required."),
        value(
            "web.max-requests", \.web.maxRequests,
            help: "Maximum number of parallel scrape requests. Use 0 to disable.", text: { String($0) },
            parse: FlagValue.requestLimit),
        boolean("web.enable-lifecycle", \.web.enableLifecycle, help: "Enable reload by POST to /-/reload."),
        boolean(
            "web.systemd-socket", \.web.systemdSocket,
            help: "Use systemd socket activation listeners instead of port listeners."),
        boolean(
            "web.openmetrics-created", \.web.openMetricsCreated,
            help: "Write _created lines in OpenMetrics; Prometheus stores an additional series for each."),
    ]

    private static let other = [
        value(
            "state.path", \.statePath, help: "Path to the SQLite state file; :memory: disables persistence.",
            text: { _ in "darktrace-exporter.db" }, parse: FlagValue.statePath),
        choice("log.level", \.log.level, help: "Only log messages with the given severity or above."),
        choice("log.format", \.log.format, help: "Output format of log messages."),
        boolean(
            "log.breaches", \.log.breaches,
            help: "Log one line for each model breach that is counted after the first lookback, with its device."),
    ]

    private static let check = [
        choice("output", \.check.output, command: .check, help: "Output format of the result."),
        boolean("quiet", \.check.isQuiet, command: .check, help: "Print problems only."),
    ]

    private static let state = [
        value(
            "to", \.copyTarget, command: .state,
            help: "Target of copy: a new SQLite file, or a file with the URI of a PostgreSQL database.",
            text: { $0 }, parse: FlagValue.path)
    ]

    private static let backfill = [
        value(
            "start", \.history.startMilliseconds, command: .backfill,
            help: "Start of the time range: RFC 3339 or Unix seconds.", text: { _ in "" },
            parse: { text throws(ValidationError) in try TimestampParser.milliseconds(text) }),
        value(
            "end", \.history.endMilliseconds, command: .backfill,
            help: "End of the time range. Default: three hours ago; with --ledger-start, at least an hour before the "
                + "first start.",
            text: { _ in "" }, parse: { text throws(ValidationError) in try TimestampParser.milliseconds(text) }),
        value(
            "step", \.history.stepMilliseconds, command: .backfill,
            help: "Time between two samples of a series; beyond 5m graphs have gaps.",
            text: { PrometheusDuration.text(seconds: Double($0) / 1_000) }, parse: BackfillOptions.step),
        list(
            "label", \.history.labels, command: .backfill,
            help: "NAME=VALUE, a label for every series. Repeatable: give job and instance as the scrapes have them.",
            text: { _ in "" }, check: BackfillOptions.check, parse: BackfillOptions.ExtraLabel.init(parsing:)),
        list(
            "ledger-start", \.history.ledgerStarts, command: .backfill,
            help: "TIME or APPLIANCE=TIME: the value of darktrace_ledger_start_timestamp_seconds. Counts restart at 0 "
                + "there, so that the live counters continue them. Repeatable.",
            text: { _ in "" }, check: BackfillOptions.check, parse: BackfillOptions.LedgerStart.init(parsing:)),
    ]
}

/// The rules for the values of flags.
enum FlagValue {
    static func path(_ text: String) throws(ValidationError) -> String {
        guard !text.isEmpty else { throw ValidationError("needs the name of a file") }
        return text
    }

    /// A path that every message about the state may show.
    static func statePath(_ text: String) throws(ValidationError) -> String {
        guard Redaction.mayBePath(text) else {
            throw ValidationError("looks like a token; if it is a file, give its name an ending such as .db")
        }
        return try path(text)
    }

    /// A path of its own, of characters that need no escaping in a URL.
    static func telemetryPath(_ text: String) throws(ValidationError) -> String {
        guard text.hasPrefix("/") else { throw ValidationError("must begin with /") }
        guard text != "/sd" else { throw ValidationError("must not be /sd, the path of service discovery") }
        guard text != "/" else { throw ValidationError("must not be /, the path of the landing page") }
        guard text != "/-", !text.hasPrefix("/-/") else {
            throw ValidationError("must not begin with /-/, the paths of health and readiness")
        }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "/-._~".utf8.contains(byte)
            }
        }
        guard isPlain, !text.contains("//") else {
            throw ValidationError("must have only letters, digits, / - . _ and ~, and no //")
        }
        return text
    }

    static func requestLimit(_ text: String) throws(ValidationError) -> Int {
        guard let number = Int(text), (0...1_000_000).contains(number) else {
            throw ValidationError("needs a whole number from 0 to 1000000")
        }
        return number
    }

    /// Checks only the form: whether the address can be bound shows when it is.
    static func listenAddress(_ text: String) throws(ValidationError) -> String {
        do throws(InvalidListenAddress) {
            _ = try ListenAddress(parsing: text)
            return text
        } catch {
            throw ValidationError(error.reason)
        }
    }
}
