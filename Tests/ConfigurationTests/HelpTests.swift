import Configuration
import Testing

@Suite struct HelpTests {
    private func help() throws -> String {
        guard case .help(let text) = try Settings.load(arguments: ["--help"], environment: [:]) else { return "" }
        return text
    }

    @Test func `the help is this text`() throws {
        let text = try help()
        #expect(text == Self.golden)
    }

    @Test(arguments: ["serve", "check", "once", "backfill", "state", "help"])
    func `every command has a help of its own, in two forms`(command: String) throws {
        let forms = [["help", command], [command, "--help"], [command, "--log.level=debug", "-h", "--nope"]]
        let texts = try forms.map { form in
            guard case .help(let text) = try Settings.load(arguments: form, environment: [:]) else { return "" }
            return text
        }
        let text = try #require(texts.first)
        #expect(texts.allSatisfy { $0 == text })
        #expect(text.hasPrefix("usage: darktrace-exporter \(command) [<flags>]"))
        #expect(text.contains("--start=") == (command == "backfill"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: [
        (["help", "chek"], "error: unknown command 'chek' (did you mean 'check'?), try --help"),
        (["help", "check", "once"], "error: unexpected argument 'once', try --help"),
        (["check", "help"], "error: unexpected argument 'help', try --help"),
    ])
    func `the help of no command is refused`(arguments: [String], message: String) {
        let error = #expect(throws: ConfigurationErrors.self) {
            try Settings.load(arguments: arguments, environment: [:])
        }
        #expect(error?.errors.first?.description == message)
    }

    @Test func `every flag of the help is read, and nothing runs over the edge of a terminal`() throws {
        let lines = try help().split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 80 })
        let names = lines.compactMap { line in line.firstMatch(of: /--(?:\[no-\])?([a-z.-]+)/).map { String($0.1) } }
        #expect(names.count > 10)
        for name in Set(names) where !["flag", "flag value", "help", "version"].contains(name) {
            // A flag that is known complains about its value or its absence, never about its name.
            do {
                _ = try Settings.load(arguments: ["--\(name)", "--nope"], environment: [:])
            } catch { #expect(!error.description.contains("unknown long flag '--\(name)'")) }
        }
    }

    private static let golden = """
        usage: darktrace-exporter [<flags>] [<command>]

        Polls the API of Darktrace appliances and exposes metrics for Prometheus.

        Commands:
          serve                         Poll the appliances and serve the metrics (the
                                        default).
          check                         Try every configured appliance once and report
                                        what is wrong.
          once                          Poll every feed once, print the metrics, exit.
          backfill                      Write the breach history of a time range, for
                                        promtool.
          state                         Show or change the state: list, rename <old>
                                        <new>, forget <name>, backup <file>, check,
                                        copy.
          healthcheck                   Check that the exporter with these flags serves;
                                        exit 0 or 1.
          help                          Show the help of a command.

        Flags (--flag=value or --flag value):
          -h, --help                    Show this help and exit.
              --version                 Show the version and exit.
              --config.file=darktrace-exporter.yml
                                        Path to the configuration file (YAML). Not
                                        needed when DARKTRACE_URL is set.
              --[no-]config.check       Check flags, environment, configuration file and
                                        the files that it names, and exit.
              --[no-]config.check-syntax
                                        The same without the files that the
                                        configuration names.
              --[no-]config.auto-reload
                                        Read the configuration file again when it
                                        changes. Appliance files are always watched.
              --web.listen-address=:13947
                                        Addresses on which to expose metrics and web
                                        interface. Repeatable: host:port, :port,
                                        [v6]:port (port 0 for any free one) or
                                        unix:PATH.
              --web.telemetry-path=/metrics
                                        Path under which to expose metrics.
              --web.external-url=""     The URL under which this exporter is externally
                                        reachable, for links and service discovery. Its
                                        path is also the default route prefix.
              --web.route-prefix=""     Prefix for the internal routes of web endpoints.
                                        Default: the path of the external URL.
              --web.config.file=""      Path to configuration file that can enable TLS
                                        or authentication.
              --[no-]web.health-without-auth
                                        Answer /-/healthy and /-/ready without a
                                        password. Client certificates stay required.
              --web.max-requests=40     Maximum number of parallel scrape requests. Use
                                        0 to disable.
              --[no-]web.enable-lifecycle
                                        Enable reload by POST to /-/reload.
              --[no-]web.systemd-socket
                                        Use systemd socket activation listeners instead
                                        of port listeners.
              --[no-]web.openmetrics-created
                                        Write _created lines in OpenMetrics; Prometheus
                                        stores an additional series for each.
              --state.path=darktrace-exporter.db
                                        Path to the SQLite state file; :memory: disables
                                        persistence.
              --log.level=info          Only log messages with the given severity or
                                        above. One of: debug, info, warn, error.
              --log.format=logfmt       Output format of log messages. One of: logfmt,
                                        json.
              --[no-]log.breaches       Log one line for each model breach that is
                                        counted after the first lookback, with its
                                        device.

        Flags for check:
              --output=text             Output format of the result. One of: text, json.
              --[no-]quiet              Print problems only.

        Flags for state:
              --to=""                   Target of copy: a new SQLite file, or a file
                                        with the URI of a PostgreSQL database.

        Flags for backfill:
              --start=""                Start of the time range: RFC 3339 or Unix
                                        seconds.
              --end=""                  End of the time range. Default: three hours ago;
                                        with --ledger-start, at least an hour before the
                                        first start.
              --step=5m                 Time between two samples of a series; beyond 5m
                                        graphs have gaps.
              --label=""                NAME=VALUE, a label for every series.
                                        Repeatable: give job and instance as the scrapes
                                        have them.
              --ledger-start=""         TIME or APPLIANCE=TIME: the value of
                                        darktrace_ledger_start_timestamp_seconds. Counts
                                        restart at 0 there, so that the live counters
                                        continue them. Repeatable.

        Every flag can be given as a variable; the command line takes precedence:
        --web.max-requests is DARKTRACE_EXPORTER_WEB_MAX_REQUESTS.

        Environment, for one appliance without a configuration file:
          DARKTRACE_URL                 Scheme, host and port of the appliance.
          DARKTRACE_PUBLIC_TOKEN        The public token.
          DARKTRACE_PUBLIC_TOKEN_FILE   A file with the public token, read for every
                                        poll.
          DARKTRACE_PRIVATE_TOKEN       The private token.
          DARKTRACE_PRIVATE_TOKEN_FILE  A file with the private token, read for every
                                        poll.
          DARKTRACE_NAME                The label appliance; default: the host of
                                        DARKTRACE_URL.
          DARKTRACE_DATE_FORMAT         Format of the date in a signature: spaced,
                                        compact, iso8601.
          DARKTRACE_PROXY_URL           URL of a proxy; other proxy variables are
                                        ignored.
          DARKTRACE_ENABLED             Whether the appliance is polled; its counts are
                                        kept if not.
          DARKTRACE_UI_URL              Where people open the appliance, for links;
                                        default: DARKTRACE_URL.
          DARKTRACE_CA_FILE             Certificates (PEM) to trust instead of the
                                        system's.
          DARKTRACE_CERT_FILE           Client certificate (PEM).
          DARKTRACE_KEY_FILE            Private key of the client certificate (PEM).
          DARKTRACE_SERVER_NAME         The name that the certificate must contain.
          DARKTRACE_FINGERPRINT         SHA-256 of the only certificate to accept,
                                        whatever its names and issuer.
          DARKTRACE_INSECURE_SKIP_VERIFY
                                        Disables verification of the certificate.
          DARKTRACE_MIN_VERSION         Minimum TLS version: TLS10, TLS11, TLS12, TLS13.
          DARKTRACE_POLL_INTERVAL       Time between two polls of model breaches.
          DARKTRACE_STATUS_INTERVAL     Time between two polls of /status; 0s disables
                                        the feed.
          DARKTRACE_POLL_TIMEOUT        Timeout of one request.
          DARKTRACE_OVERLAP             Time before the cursor that each poll queries
                                        again.
          DARKTRACE_INITIAL_LOOKBACK    How far back the first run counts.
          DARKTRACE_RECHECK_INTERVAL    Time between two rechecks.
          DARKTRACE_RECHECK_WINDOW      Time range of a recheck.
          DARKTRACE_REQUESTS_PER_MINUTE
                                        Rate limit, all feeds together.
          DARKTRACE_MAX_MODELS          Cardinality limit: values of the label model.
          DARKTRACE_NEW_SERIES_HOLD     How long a new series is exposed as 0.

        """
}
