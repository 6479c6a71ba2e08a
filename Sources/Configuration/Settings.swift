/// Everything that a user can set, checked and complete.
package struct Settings: Sendable, Equatable {
    /// What is served, and where.
    package var web = Web()
    /// What is logged, and how.
    package var log = Log()
    /// The SQLite file, relative to the working directory; `:memory:` keeps nothing.
    package var statePath = "darktrace-exporter.db"
    /// The configuration file that was read; nil when variables describe the one appliance.
    package var file: String?
    /// At least one, each name once, in the order of the file.
    package var appliances: [Appliance] = []
    /// The feeds that can be configured.
    package var feeds = FeedDeclaration.builtIn

    /// The defaults, with no appliance.
    package init() {}

    /// The configuration file that is read when `--config.file` is not given.
    package static let defaultFile = "darktrace-exporter.yml"

    /// What is served, and where.
    package struct Web: Sendable, Equatable {
        /// Each `host:port`, `:port`, `[v6]:port` or `unix:PATH`.
        package var listenAddresses = [":13947"]
        /// Begins with `/` and is not the path of another page.
        package var telemetryPath = "/metrics"
        /// Scrapes that are served at the same time; 0 is without limit.
        package var maxRequests = 40
        /// Whether `POST /-/reload` is enabled.
        package var enableLifecycle = false
        /// The file that enables TLS, passwords and headers; nil serves plain HTTP to everyone.
        package var configFile: String?
        /// Whether the sockets come from systemd; the addresses are then ignored.
        package var systemdSocket = false
        /// Whether OpenMetrics output has `_created` lines.
        package var openMetricsCreated = false

        /// The defaults.
        package init() {}
    }

    /// What is logged, and how.
    package struct Log: Sendable, Equatable {
        /// Messages below this level are not logged.
        package var level = Level.info
        /// How a message is written.
        package var format = Format.logfmt

        /// The defaults.
        package init() {}

        /// The levels in ascending order.
        package enum Level: String, Sendable, CaseIterable { case debug, info, warn, error }

        /// How a message is written.
        package enum Format: String, Sendable, CaseIterable { case logfmt, json }
    }
}
