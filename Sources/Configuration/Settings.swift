/// Everything that a user can set, checked and complete.
package struct Settings: Sendable {
    /// What is served, and where.
    package var web = Web()
    /// What is logged, and how.
    package var log = Log()
    /// Where the counts are kept; a reload does not change it.
    package var state = State.standard
    /// The configuration file that was read; nil when variables describe the one appliance.
    package var file: String?
    /// Those that are used, each name once, in the order of the files.
    package var appliances: [Appliance] = []
    /// The files that appliances were read from, with what is wrong with each.
    package var files: [FileState] = []
    /// What the files hold.
    var sources = ApplianceSources()
    /// The version of the configuration file that was read.
    var fileVersion: FileVersion?
    /// The URL of each appliance in the ledger, for names that several files have.
    var recordedURLs: [String: String] = [:]
    /// Whether the configuration file is read again when it changes.
    package var watchesFile = false
    /// The feeds that can be configured.
    package var feeds = FeedDeclaration.builtIn

    /// Whether appliances may come and go with files of their own.
    package var hasApplianceFiles: Bool { !sources.patterns.patterns.isEmpty }

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
        /// Where users and Prometheus reach these pages from elsewhere, if that is configured.
        package var externalURL: WebURL?
        /// What the paths of all pages begin with, if it is not the path of `externalURL`: empty or `/…`, no `/` at the
        /// end.
        package var givenRoutePrefix: String?
        /// Scrapes that are served at the same time; 0 is without limit.
        package var maxRequests = 40
        /// Whether `POST /-/reload` is enabled.
        package var enableLifecycle = false
        /// The file that enables TLS, passwords and headers; nil serves plain HTTP to everyone.
        package var configFile: String?
        /// Whether `healthPaths` are answered without a password.
        package var healthWithoutAuth = false
        /// Whether the sockets come from systemd; the addresses are then ignored.
        package var systemdSocket = false
        /// Whether OpenMetrics output has `_created` lines.
        package var openMetricsCreated = false

        /// The defaults.
        package init() {}

        /// What the paths of all pages begin with: empty, or `/…` without a `/` at the end.
        package var routePrefix: String { givenRoutePrefix ?? externalURL?.path ?? "" }

        /// The paths that probes of an orchestrator ask, below the route prefix.
        package var healthPaths: Set<String> { ["\(routePrefix)/-/healthy", "\(routePrefix)/-/ready"] }
    }

    /// What is logged, and how.
    package struct Log: Sendable, Equatable {
        /// Messages below this level are not logged.
        package var level = Level.info
        /// How a message is written.
        package var format = Format.logfmt
        /// Whether each counted model breach is a line of the log.
        package var breaches = false

        /// The defaults.
        package init() {}

        /// The levels in ascending order.
        package enum Level: String, Sendable, CaseIterable { case debug, info, warn, error }

        /// How a message is written.
        package enum Format: String, Sendable, CaseIterable { case logfmt, json }
    }
}

extension Settings: Equatable {
    /// Equal settings have the same effect, wherever they were read from.
    package static func == (one: Settings, other: Settings) -> Bool {
        one.web == other.web && one.log == other.log && one.state == other.state && one.file == other.file
            && one.appliances == other.appliances && one.files == other.files && one.feeds == other.feeds
            && one.watchesFile == other.watchesFile
    }
}
