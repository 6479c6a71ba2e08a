/// Everything that a user can set, checked and complete.
package struct Settings: Sendable, Equatable {
    /// What is served, and where.
    package var web = Web()
    /// How much is logged, and how.
    package var log = Log()
    /// The SQLite file, relative to the working folder; `:memory:` keeps nothing.
    package var statePath = "darktrace-exporter.db"
    /// The configuration file that was read; nil when the environment named the one appliance.
    package var file: String?
    /// At least one, each name once, in the order of the file.
    package var appliances: [Appliance] = []

    /// The defaults, with no appliance.
    package init() {}

    /// What is served, and where.
    package struct Web: Sendable, Equatable {
        /// Each `host:port`, `:port`, `[v6]:port` or `unix:PATH`.
        package var listenAddresses = [":13947"]
        /// Begins with `/` and collides with no other page.
        package var telemetryPath = "/metrics"
        /// Scrapes in flight at once; 0 is without limit.
        package var maxRequests = 40
        /// Whether `POST /-/reload` is answered.
        package var enableLifecycle = false
        /// The file that turns on TLS, passwords and headers, already checked once; nil serves plainly to everybody.
        package var configFile: String?
        /// Whether the sockets come from systemd; the addresses are not listened on then.
        package var systemdSocket = false
        /// Whether OpenMetrics output carries `_created` lines.
        package var openMetricsCreated = false

        /// The defaults.
        package init() {}
    }

    /// How much is logged, and how.
    package struct Log: Sendable, Equatable {
        /// Lines below this level are left out.
        package var level = Level.info
        /// How a line is written.
        package var format = Format.logfmt

        /// The defaults.
        package init() {}

        /// The levels, the talkative first.
        package enum Level: String, Sendable, CaseIterable { case debug, info, warn, error }

        /// How a line is written.
        package enum Format: String, Sendable, CaseIterable { case logfmt, json }
    }
}
