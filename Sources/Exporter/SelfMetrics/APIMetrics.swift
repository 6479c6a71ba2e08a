package import Darktrace
package import Metrics

/// The `darktrace_api_*` families: every try at an appliance, counted from the events of the rooms below.
package struct APIMetrics: Sendable {
    private let requests = MetricVec(Self.requestsTotal)
    private let failures = MetricVec(Self.requestFailuresTotal)
    private let duration = MetricVec(Self.requestDuration)
    private let phases = MetricVec(Self.requestPhases)
    private let bytes = MetricVec(Self.responseBytes)
    private let signatures = MetricVec(Self.signatureFailures)
    private let certificates = MetricVec(Self.certificateExpiry)
    private let budgets = MetricVec(Self.requestsPerMinuteLimit)

    package init() {}

    /// Makes every series that can be known of an appliance exist, so that `increase()` sees its first event.
    package func declare(_ appliance: String, paths: [String], requestsPerMinute: Int) {
        for path in paths {
            requests.declare(appliance, path)
            duration.declare(appliance, path)
            bytes.declare(appliance, path)
            for reason in APIError.Reason.allCases { failures.declare(appliance, path, reason.rawValue) }
            for phase in Phases().named { phases.declare(appliance, path, phase.name) }
        }
        for reason in [APIError.Reason.signature, .date] { signatures.declare(appliance, reason.rawValue) }
        budgets.set(Double(requestsPerMinute), appliance)
    }

    /// Counts a try when it begins, connected or not.
    package func begin(_ appliance: String, path: String) { requests.add(1, appliance, path) }

    /// Counts how a try ended; one that we cut off ourselves says nothing about the appliance but its time.
    package func end(_ appliance: String, _ attempt: Attempt) {
        let exchange = attempt.exchange
        duration.observe(exchange.phases.total, appliance, attempt.path)
        for phase in exchange.phases.named { phases.add(phase.seconds, appliance, attempt.path, phase.name) }
        bytes.add(Double(exchange.bodyBytes), appliance, attempt.path)
        if let expiry = exchange.certificateExpiry { certificates.set(Double(expiry), appliance) }
        guard let refusal = attempt.refusal, !attempt.isCancelled else { return }
        failures.add(1, appliance, attempt.path, refusal.reason.rawValue)
        if refusal.reason == .signature || refusal.reason == .date {
            signatures.add(1, appliance, refusal.reason.rawValue)
        }
    }

    /// Forgets an appliance that is configured no more.
    package func remove(_ appliance: String) {
        for family in all { family.removeAll { $0.first == appliance } }
    }

    /// Forgets a path that is asked no more.
    package func remove(_ appliance: String, path: String) {
        for family in all where family.descriptor.labelNames.contains("path") {
            family.removeAll { $0[0] == appliance && $0[1] == path }
        }
    }

    /// The families as they are now.
    package func collect() -> [MetricFamily] { all.map { $0.collect() } }

    private var all: [MetricVec] {
        [requests, failures, duration, phases, bytes, signatures, certificates, budgets]
    }
}

extension Phases {
    /// Each phase by its label value, in seconds.
    fileprivate var named: [(name: String, seconds: Double)] {
        [("resolve", resolve), ("connect", connect), ("tls", tls), ("wait", wait), ("transfer", transfer)]
    }
}
