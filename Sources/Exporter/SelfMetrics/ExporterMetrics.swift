package import Metrics

/// The `darktrace_exporter_*` families: the program itself.
package struct ExporterMetrics: Sendable {
    private let build = MetricVec(Self.buildInfo)
    private let reloadWorked = MetricVec(Self.reloadSuccessful)
    private let reloadTime = MetricVec(Self.reloadTimestamp)
    private let scrapes = MetricVec(Self.httpRequests)
    private let commits = MetricVec(Self.commitDuration)
    private let commitFailures = MetricVec(Self.commitFailuresTotal)

    /// `startMilliseconds`: when the configuration that runs was read.
    package init(startMilliseconds: Int64) {
        build.set(1, Build.version, Build.revision, Build.swiftVersion)
        reloadWorked.set(1)
        reloadTime.set(Double(startMilliseconds) / 1_000)
        for code in ["200", "405", "503"] { scrapes.declare(code) }
        commits.declare()
        commitFailures.declare()
    }

    /// Declares the answers that only a web configuration brings.
    package func guardsPages() { for code in ["401", "500"] { scrapes.declare(code) } }

    /// Notes how a reload of the configuration ended.
    package func reloaded(successfully worked: Bool, milliseconds: Int64) {
        reloadWorked.set(worked ? 1 : 0)
        if worked { reloadTime.set(Double(milliseconds) / 1_000) }
    }

    /// Counts an answer on the telemetry path.
    package func answered(status: Int) { scrapes.add(1, String(status)) }

    /// Counts a commit of the ledger.
    package func committed(seconds: Double) { commits.observe(seconds) }

    /// Counts a commit that failed.
    package func commitFailed() { commitFailures.add(1) }

    /// The part that changes with polls and reloads.
    package func collect() -> [MetricFamily] {
        collectRun() + [reloadWorked, reloadTime].map { $0.collect() }
    }

    /// The part of it that a run without scrapes and reloads has.
    package func collectRun() -> [MetricFamily] { [build, commits, commitFailures].map { $0.collect() } }

    /// The part that changes with each scrape.
    package func collectLive() -> [MetricFamily] { [scrapes.collect()] }
}

extension ExporterMetrics {
    package static let buildInfo = Descriptor(
        "darktrace_exporter_build_info", .info, labels: ["version", "revision", "swift_version"],
        help: "What this exporter was built from; the value is always 1.")
    package static let reloadSuccessful = Descriptor(
        "darktrace_exporter_config_last_reload_successful", .gauge,
        help: "Whether the last attempt to load the configuration succeeded.")
    package static let reloadTimestamp = Descriptor(
        "darktrace_exporter_config_last_reload_success_timestamp_seconds", .gauge,
        help: "When the configuration was last loaded with success.")
    package static let httpRequests = Descriptor(
        "darktrace_exporter_http_requests_total", .counter, labels: ["code"],
        help: "Answers given on the telemetry path, by status code.")
    package static let commitDuration = Descriptor(
        "darktrace_exporter_ledger_commit_duration_seconds", .histogram(bounds: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5]),
        help: "Duration of commits to the ledger file.")
    package static let commitFailuresTotal = Descriptor(
        "darktrace_exporter_ledger_commit_failures_total", .counter, help: "Commits to the ledger file that failed.")
}
