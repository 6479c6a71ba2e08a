import Values

extension Flag {
    private static let defaults = Settings()

    /// Every flag, in the order of the help.
    static let table: [Flag] =
        [
            Flag(name: .help, kind: .action, short: "h", help: "Show this help and exit."),
            Flag(name: .version, kind: .action, help: "Show the version and exit."),
            Flag(
                name: .configFile, kind: .value(default: defaultFile),
                help: "The configuration file (YAML). Not needed when DARKTRACE_URL is set."),
            Flag(
                name: .configCheck, kind: .boolean, help: "Check flags, environment and configuration file, and exit."),
            Flag(
                name: .listenAddress, kind: .value(default: defaults.web.listenAddresses.joined(separator: ", ")),
                isRepeatable: true,
                help: "Where to serve: host:port, :port, [v6]:port (port 0 for any free one) or unix:PATH."),
            Flag(
                name: .telemetryPath, kind: .value(default: defaults.web.telemetryPath),
                help: "The path under which the metrics are served."),
            Flag(
                name: .webConfigFile, kind: .value(default: ""),
                help: "A file (YAML) that turns on TLS, passwords or headers for all pages."),
            Flag(
                name: .maxRequests, kind: .value(default: String(defaults.web.maxRequests)),
                help: "Scrapes answered at the same time; 0 is without limit."),
            Flag(
                name: .enableLifecycle, kind: .boolean,
                help: "Allow a reload of the configuration by POST to /-/reload."),
            Flag(
                name: .systemdSocket, kind: .boolean,
                help: "Serve on the sockets that systemd hands over instead of listening."),
            Flag(
                name: .openMetricsCreated, kind: .boolean,
                help: "Write _created lines in OpenMetrics; Prometheus makes a second series of each."),
            Flag(
                name: .statePath, kind: .value(default: defaults.statePath),
                help: "The file (SQLite) that remembers what was counted; :memory: forgets it at the end."),
            Flag(
                name: .logLevel, kind: .value(default: defaults.log.level.rawValue),
                help: "The least level that is logged: \(Settings.Log.Level.allCases.commaSeparated)."),
            Flag(
                name: .logFormat, kind: .value(default: defaults.log.format.rawValue),
                help: "How log lines are written: \(Settings.Log.Format.allCases.commaSeparated)."),
        ] + backfill

    private static let backfill: [Flag] = [
        Flag(
            name: .start, kind: .value(default: ""), command: .backfill,
            help: "Write breaches created from then on: RFC 3339, or Unix seconds."),
        Flag(
            name: .end, kind: .value(default: ""), command: .backfill,
            help:
                "Write those created before then. If not given, three hours ago; with --ledger-start not less than an "
                + "hour before the first start."),
        Flag(
            name: .step, kind: .value(default: PrometheusDuration.text(seconds: 300)), command: .backfill,
            help: "From one sample to the next; beyond 5m graphs have gaps."),
        Flag(
            name: .label, kind: .value(default: ""), isRepeatable: true, command: .backfill,
            help: "NAME=VALUE, which every series gets: give job and instance as the scrapes have them."),
        Flag(
            name: .ledgerStart, kind: .value(default: ""), isRepeatable: true, command: .backfill,
            help: "TIME or APPLIANCE=TIME: the value of darktrace_ledger_start_timestamp_seconds. Counts begin anew "
                + "there, so that the live ones go on from them."),
    ]

    /// What is read when `--config.file` does not say otherwise.
    static let defaultFile = "darktrace-exporter.yml"
}

extension Collection where Element: RawRepresentable<String> {
    /// The raw values as a list for a message.
    var commaSeparated: String { map(\.rawValue).joined(separator: ", ") }
}
