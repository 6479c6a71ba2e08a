/// One row of the table of flags: what the parser accepts and what the help prints.
struct Flag: Sendable {
    /// The name without its dashes.
    enum Name: String, CaseIterable, Sendable {
        case help
        case version
        case configFile = "config.file"
        case configCheck = "config.check"
        case listenAddress = "web.listen-address"
        case telemetryPath = "web.telemetry-path"
        case webConfigFile = "web.config.file"
        case maxRequests = "web.max-requests"
        case enableLifecycle = "web.enable-lifecycle"
        case systemdSocket = "web.systemd-socket"
        case openMetricsCreated = "web.openmetrics-created"
        case statePath = "state.path"
        case logLevel = "log.level"
        case logFormat = "log.format"
        case start, end, step, label
        case ledgerStart = "ledger-start"
    }

    enum Kind: Equatable {
        /// Ends the program, like `--help`: no value and no `--no-` form.
        case action
        /// On or off, with a `--no-` form.
        case boolean
        /// Followed by a value.
        case value(default: String)
    }

    let name: Name
    let kind: Kind
    var short: Character?
    var isRepeatable = false
    /// The only command that takes it; nil means all of them.
    var command: Command?
    let help: String
}
