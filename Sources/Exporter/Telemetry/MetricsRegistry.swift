package import Collector
package import Metrics
package import ScrapeEndpoint

/// Every family that is exposed: those from the ledger and those that the process counts itself.
package struct MetricsRegistry: Sendable {
    package let states: ApplianceStateStore
    package let api = APIMetrics()
    package let polls = PollMetrics()
    package let program: ExporterMetrics
    package let configuration = ConfigurationMetrics()
    /// Of a replica in a fleet; nil for an exporter that has its state alone.
    package let leases: LeaseMetrics?
    private let clocks: Clocks

    /// - Parameters:
    ///   - leases: Of a replica in a fleet: appliances without an exposed lease are left out.
    ///   - droppedLogLines: how many lines of the log were lost so far.
    package init(clocks: Clocks, leases: LeaseMetrics? = nil, droppedLogLines: @escaping @Sendable () -> Int) {
        self.clocks = clocks
        self.leases = leases
        states = ApplianceStateStore(monotonicNanoseconds: clocks.monotonicNanoseconds)
        program = ExporterMetrics(
            startMilliseconds: clocks.wallMilliseconds(), droppedLogLines: droppedLogLines)
    }

    /// Exposes an appliance with the feeds of this configuration; what is known of its name is kept.
    package func configure(_ configuration: PollConfiguration) {
        let (name, feeds) = (configuration.name, configuration.feeds)
        let last = states.configure(configuration)
        // At the start, an appliance is configured for what the ledger holds of it, and again when its polls begin.
        guard configuration != last else { return }
        let paths = Set(feeds.flatMap(\.paths))
        api.declare(name, paths: paths.sorted(), requestsPerMinute: configuration.requestsPerMinute)
        polls.declare(name, pollsModelBreaches: configuration.pollsModelBreaches)
        polls.declare(name, feeds: feeds.map { ($0, configuration.interval(of: $0).inSeconds) })
        // Without an earlier configuration there are no series of feeds that are not polled now.
        guard last != nil else { return }
        for feed in Feeds.all where !feeds.contains(feed) {
            states.publish(name, feed, [])
            states.update(name) { $0.remove(feed) }
            for path in feed.paths.subtracting(paths) { api.remove(name, path: path) }
            polls.remove(name, feed: feed)
        }
    }

    /// Removes an appliance that is no longer configured.
    package func remove(_ name: String) {
        states.remove(name)
        api.remove(name)
        polls.remove(name)
        configuration.remove(name)
    }

    /// What is exposed of an appliance, with its configured labels, except for its clock skew.
    package func families(of name: String) -> [MetricFamily] {
        // Read before what polls publish: a body that shows the success of a poll then shows its counts as well.
        let results = api.collect(name) + polls.collect(name)
        let families =
            states.families(of: name) + results + configuration.collect(name) + (leases?.collect(name) ?? [])
        return configuration.labels(of: name).map(families.with(commonLabels:)) ?? families
    }

    /// Whether there may be series of an appliance of this name.
    package func contains(_ name: String) -> Bool { states.contains(name) || configuration.names.contains(name) }

    /// Identifies the set of appliances that may be exposed now; always the same without leases.
    package func exposedRevision() -> UInt64 {
        leases?.table.revision(atNanoseconds: clocks.monotonicNanoseconds()) ?? 0
    }

    /// The appliances of which there may be series now.
    private var exposedNames: Set<String> {
        let names = Set(states.revisions.keys).union(configuration.names)
        guard let exposed = leases?.table.exposed else { return names }
        return names.intersection(exposed)
    }

    /// What changes by commits and events: a group for each appliance, and one for the exporter itself.
    package func groups() -> [MetricGroup] {
        let states = states.revisions
        let appliances = exposedNames.map { [self] name in
            // Not their sum: one part goes back to 0 when the appliance is disabled, while the others grow.
            let revision = [
                states[name] ?? 0, api.revision(of: name), polls.revision(of: name), configuration.revision(of: name),
                UInt64(bitPattern: leases?.table.epoch(of: name) ?? 0),
            ]
            return MetricGroup(name, revision: revision) { families(of: name) }
        }
        return [MetricGroup("") { [program] in program.collect() }] + appliances
    }

    /// What changes between events: the process, the scrapes, and the clock skew.
    package func live(_ scope: ScrapeScope) -> [MetricFamily] {
        let labels = configuration.labels
        return switch scope {
        case .everything:
            ProcessCollector.collect() + program.collectLive() + (leases.map { [$0.collectLive()] } ?? [])
                + [states.clockSkew(of: leases.map { _ in Array(exposedNames) }, commonLabels: labels)]
        case .appliances(let names):
            [states.clockSkew(of: names.filter { leases?.table.isExposed($0) ?? true }, commonLabels: labels)]
        }
    }

    /// What `once` prints: the appliances, without what describes a running process or would collide in a file that is
    /// merged with others.
    package func appliances() -> [MetricFamily] {
        exposedNames.sorted().flatMap(families) + program.collectRun()
            + [states.clockSkew(commonLabels: configuration.labels)]
    }
}
