package import Configuration
package import Metrics

/// The `darktrace_exporter_*` families: the exporter itself.
package struct ExporterMetrics: Sendable {
    private let build = MetricVec(Self.buildInfo)
    private let reloadWorked = MetricVec(Self.reloadSuccessful)
    private let reloadTime = MetricVec(Self.reloadTimestamp)
    private let scrapes = MetricVec(Self.httpRequests)
    private let commits = MetricVec(Self.commitDuration)
    private let commitFailures = MetricVec(Self.commitFailuresTotal)
    private let state = MetricVec(Self.stateUp)
    private let web = MetricVec(Self.webInfo)
    private let files = MetricVec(Self.fileSuccess)
    private let droppedLogLines: @Sendable () -> Int
    private let startMilliseconds: Int64

    /// - Parameters:
    ///   - startMilliseconds: when the running configuration was read, since 1970.
    ///   - droppedLogLines: how many lines of the log were lost so far.
    package init(startMilliseconds: Int64, droppedLogLines: @escaping @Sendable () -> Int = { 0 }) {
        self.startMilliseconds = startMilliseconds
        self.droppedLogLines = droppedLogLines
        build.set(1, Build.version, Build.revision, Build.swiftVersion)
        reloadWorked.set(1)
        reloadTime.set(Double(startMilliseconds) / 1_000)
        for code in ["200", "405", "503"] { scrapes.declare(code) }
        commits.declare()
        commitFailures.declare()
        // A state that cannot be opened ends the program before there is anything to scrape.
        state.set(1)
    }

    /// Declares the status codes that only a web configuration can cause.
    package func guardsPages() { for code in ["401", "429", "500"] { scrapes.declare(code) } }

    /// Exposes the address of these pages.
    package func isServed(at externalURL: String) { web.set(1, externalURL) }

    /// Records how a reload of the configuration ended.
    package func reloaded(successfully worked: Bool, milliseconds: Int64) {
        reloadWorked.set(worked ? 1 : 0)
        if worked { reloadTime.set(Double(milliseconds) / 1_000) }
    }

    /// Counts a response on the telemetry path.
    package func answered(status: Int) { scrapes.add(1, String(status)) }

    /// Shows whether the newest content of each configuration file is used.
    package func setFiles(_ states: [Settings.FileState]) {
        let paths = Set(states.map(\.path))
        files.removeAll { !paths.contains($0.first ?? "") }
        for state in states { files.set(state.errors.isEmpty ? 1 : 0, state.path) }
    }

    /// Shows that the newest content of this file is not used.
    package func setFailed(file: String) { files.set(0, file) }

    /// Counts a commit of the ledger.
    package func committed(seconds: Double) {
        commits.observe(seconds)
        state.set(1)
    }

    /// Counts a commit that failed.
    package func commitFailed() {
        commitFailures.add(1)
        state.set(0)
    }

    /// Shows whether the database of the ledger answers, which is known between commits as well.
    package func stateChanged(isUp: Bool) { state.set(isUp ? 1 : 0) }

    /// The families that change with polls and reloads.
    package func collect() -> [MetricFamily] {
        collectRun() + [reloadWorked, reloadTime, web, files].map { $0.collect() }
    }

    /// Those of them that a run without scrapes and reloads has.
    package func collectRun() -> [MetricFamily] { [build, state, commits, commitFailures].map { $0.collect() } }

    /// The families that change between events.
    package func collectLive() -> [MetricFamily] {
        let dropped = Series(
            .none, .number(Double(droppedLogLines())), created: Double(startMilliseconds) / 1_000)
        return [scrapes.collect(), MetricFamily(Self.logLinesDroppedTotal, [dropped])]
    }
}

extension ExporterMetrics {
    package static let buildInfo = Descriptor(
        "darktrace_exporter_build_info", .info, labels: ["version", "revision", "swift_version"],
        help: "Version, revision and compiler of this exporter; the value is always 1.")
    package static let reloadSuccessful = Descriptor(
        "darktrace_exporter_config_last_reload_successful", .gauge,
        help: "Whether the last configuration reload attempt was successful (1 = yes).")
    package static let reloadTimestamp = Descriptor(
        "darktrace_exporter_config_last_reload_success_timestamp_seconds", .gauge,
        help: "Timestamp of the last successful configuration reload.")
    package static let httpRequests = Descriptor(
        "darktrace_exporter_http_requests_total", .counter, labels: ["code"],
        help: "Total number of scrapes by HTTP status code.")
    package static let stateUp = Descriptor(
        "darktrace_exporter_state_up", .gauge,
        help: "Whether the last commit to the state file or database succeeded (1 = yes).")
    package static let commitDuration = Descriptor(
        "darktrace_exporter_ledger_commit_duration_seconds", .histogram(bounds: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5]),
        help: "Duration of ledger commits in seconds.")
    package static let commitFailuresTotal = Descriptor(
        "darktrace_exporter_ledger_commit_failures_total", .counter, help: "Total number of failed ledger commits.")
    package static let fileSuccess = Descriptor(
        "darktrace_exporter_config_file_success", .gauge, labels: ["file"],
        help: "Whether the newest content of a configuration file is used (1 = yes).")
    package static let webInfo = Descriptor(
        "darktrace_exporter_web_info", .info, labels: ["external_url"],
        help: "Address of this exporter from --web.external-url, for links; the value is always 1.")
    package static let logLinesDroppedTotal = Descriptor(
        "darktrace_exporter_log_lines_dropped_total", .counter,
        help: "Total number of log lines lost because standard error was not read or could not be written.")
}
