package import Darktrace
package import Metrics

/// The `darktrace_api_*` families: every request to an appliance, counted from events.
package struct APIMetrics: Sendable {
    private let requests = MetricVec(Self.requestsTotal)
    private let failures = MetricVec(Self.requestFailuresTotal)
    private let duration = MetricVec(Self.requestDuration)
    private let phases = MetricVec(Self.requestPhases)
    private let bytes = MetricVec(Self.responseBytes)
    private let signatures = MetricVec(Self.signatureFailures)
    private let certificates = MetricVec(Self.certificateExpiry)
    private let budgets = MetricVec(Self.requestsPerMinuteLimit)

    /// In the order of the exposition, in which the thousands of series that a fleet declares are sorted fastest.
    private static let reasons = APIError.Reason.allCases.map(\.rawValue).sorted()
    private static let phases = Phases().named.map(\.name).sorted()

    /// Has no appliance yet.
    package init() {}

    /// Creates every series of an appliance that is known in advance, so that `increase()` sees its first event.
    package func declare(_ appliance: String, paths: [String], requestsPerMinute: Int) {
        let sets = paths.map { [appliance, $0] }
        for family in [requests, duration, bytes] { family.declare(sets) }
        failures.declare(sets.flatMap { set in Self.reasons.map { set + [$0] } })
        phases.declare(sets.flatMap { set in Self.phases.map { set + [$0] } })
        signatures.declare([APIError.Reason.signature, .date].map { [appliance, $0.rawValue] })
        budgets.set(Double(requestsPerMinute), appliance)
    }

    /// Counts an attempt when it starts, connected or not.
    package func begin(_ appliance: String, path: String) { requests.add(1, appliance, path) }

    /// Counts the result of an attempt; one that the exporter cancelled is not a failure of the appliance.
    package func end(_ appliance: String, _ attempt: Attempt, isUnavailable: Bool = false) {
        let exchange = attempt.result
        duration.observe(exchange.phases.total, appliance, attempt.path)
        for phase in exchange.phases.named { phases.add(phase.seconds, appliance, attempt.path, phase.name) }
        bytes.add(Double(exchange.bodyBytes), appliance, attempt.path)
        if let expiry = exchange.certificateExpiry { certificates.set(Double(expiry), appliance) }
        guard let error = attempt.error, !attempt.isCancelled, !isUnavailable else { return }
        failures.add(1, appliance, attempt.path, error.reason.rawValue)
        if error.reason == .signature || error.reason == .date {
            signatures.add(1, appliance, error.reason.rawValue)
        }
    }

    /// Removes an appliance that is no longer configured.
    package func remove(_ appliance: String) {
        for family in all { family.removeAll(of: appliance) }
    }

    /// Removes a path that is no longer requested.
    package func remove(_ appliance: String, path: String) {
        for family in all where family.descriptor.labelNames.contains("path") {
            family.removeAll(of: appliance, path)
        }
    }

    /// The current families of one appliance.
    package func collect(_ appliance: String) -> [MetricFamily] { all.map { $0.collect(appliance) } }

    /// Increases with each change of a series of the appliance.
    package func revision(of appliance: String) -> UInt64 { all.reduce(0) { $0 &+ $1.revision(of: appliance) } }

    private var all: [MetricVec] {
        [requests, failures, duration, phases, bytes, signatures, certificates, budgets]
    }
}

extension APIMetrics {
    package static let requestsTotal = Descriptor(
        "darktrace_api_requests_total", .counter, labels: ["appliance", "path"],
        help: "Total number of API requests attempted, including failed connections.")
    package static let requestFailuresTotal = Descriptor(
        "darktrace_api_request_failures_total", .counter, labels: ["appliance", "path", "reason"],
        help: "Total number of API requests without a complete response, by reason.")
    package static let requestDuration = Descriptor(
        "darktrace_api_request_duration_seconds", .histogram(bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
        labels: ["appliance", "path"], help: "Duration of API requests in seconds, successful or not.")
    package static let requestPhases = Descriptor(
        "darktrace_api_request_phase_seconds_total", .counter, labels: ["appliance", "path", "phase"],
        help: "Total time in seconds that API requests spent in each phase.")
    package static let responseBytes = Descriptor(
        "darktrace_api_response_bytes_total", .counter, labels: ["appliance", "path"],
        help: "Total number of bytes of API response bodies, after decompression.")
    package static let signatureFailures = Descriptor(
        "darktrace_api_signature_failures_total", .counter, labels: ["appliance", "reason"],
        help: "Total number of API requests whose signature or date the appliance rejected.")
    package static let certificateExpiry = Descriptor(
        "darktrace_api_certificate_expiry_timestamp_seconds", .gauge, labels: ["appliance"],
        help: "Unix time of the earliest expiry in the certificate chain of the last connection.")
    package static let requestsPerMinuteLimit = Descriptor(
        "darktrace_api_requests_per_minute_limit", .gauge, labels: ["appliance"],
        help: "Configured limit of API requests per minute, all feeds together.")
    package static let clockSkew = Descriptor(
        "darktrace_api_clock_skew_seconds", .gauge, labels: ["appliance"],
        help:
            "Clock of the appliance minus that of the exporter in seconds; absent after three polls without a response."
    )
}

extension Phases {
    /// Each phase by its label value, in seconds.
    fileprivate var named: [(name: String, seconds: Double)] {
        [("resolve", resolve), ("connect", connect), ("tls", tls), ("wait", wait), ("transfer", transfer)]
    }
}
