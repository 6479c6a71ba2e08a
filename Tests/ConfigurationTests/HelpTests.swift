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

        Polls the signed API of Darktrace appliances and serves what it counts to
        Prometheus.

        Commands:
          serve                         Poll the appliances and serve the metrics (the
                                        default).
          check                         Try every configured appliance once and say what
                                        is wrong.
          once                          Poll every feed once, print the metrics, exit.
          backfill                      Write the breach history of a time range, for
                                        promtool.

        Flags (--flag=value or --flag value):
          -h, --help                    Show this help and exit.
              --version                 Show the version and exit.
              --config.file=darktrace-exporter.yml
                                        The configuration file (YAML). Not needed when
                                        DARKTRACE_URL is set.
              --[no-]config.check       Check flags, environment and configuration file,
                                        and exit.
              --web.listen-address=:13947
                                        Where to serve: host:port, :port, [v6]:port
                                        (port 0 for any free one) or unix:PATH.
              --web.telemetry-path=/metrics
                                        The path under which the metrics are served.
              --web.config.file=""      A file (YAML) that turns on TLS, passwords or
                                        headers for all pages.
              --web.max-requests=40     Scrapes answered at the same time; 0 is without
                                        limit.
              --[no-]web.enable-lifecycle
                                        Allow a reload of the configuration by POST to
                                        /-/reload.
              --[no-]web.systemd-socket
                                        Serve on the sockets that systemd hands over
                                        instead of listening.
              --[no-]web.openmetrics-created
                                        Write _created lines in OpenMetrics; Prometheus
                                        makes a second series of each.
              --state.path=darktrace-exporter.db
                                        The file (SQLite) that remembers what was
                                        counted; :memory: forgets it at the end.
              --log.level=info          The least level that is logged: debug, info,
                                        warn, error.
              --log.format=logfmt       How log lines are written: logfmt, json.

        Flags of backfill alone:
              --start=""                Write breaches created from then on: RFC 3339,
                                        or Unix seconds.
              --end=""                  Write those created before then. If not given,
                                        three hours ago; with --ledger-start not less
                                        than an hour before the first start.
              --step=5m                 From one sample to the next; beyond 5m graphs
                                        have gaps.
              --label=""                NAME=VALUE, which every series gets: give job
                                        and instance as the scrapes have them.
              --ledger-start=""         TIME or APPLIANCE=TIME: the value of
                                        darktrace_ledger_start_timestamp_seconds. Counts
                                        begin anew there, so that the live ones go on
                                        from them.

        Environment, for one appliance without a configuration file:
          DARKTRACE_URL                 Scheme, host and port of the appliance; its host
                                        becomes the label appliance.
          DARKTRACE_PUBLIC_TOKEN        The public token.
          DARKTRACE_PUBLIC_TOKEN_FILE   A file with the public token, read again for
                                        every poll.
          DARKTRACE_PRIVATE_TOKEN       The private token.
          DARKTRACE_PRIVATE_TOKEN_FILE  A file with the private token, read again for
                                        every poll.
          DARKTRACE_CA_FILE             A PEM file with the authority to trust instead
                                        of the system's.

        """
}
