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

    /// - Parameter droppedLogLines: how many lines of the log were lost so far.
    package init(clocks: Clocks, droppedLogLines: @escaping @Sendable () -> Int) {
        states = ApplianceStateStore(monotonicNanoseconds: clocks.monotonicNanoseconds)
        program = ExporterMetrics(
            startMilliseconds: clocks.wallMilliseconds(), droppedLogLines: droppedLogLines)
    }

    /// Exposes an appliance with the feeds of this configuration; what is known of its name is kept.
    package func configure(_ configuration: PollConfiguration) {
        let (name, feeds) = (configuration.name, configuration.feeds)
        states.add(name)
        let paths = Set(feeds.flatMap(\.paths))
        api.declare(name, paths: paths.sorted(), requestsPerMinute: configuration.requestsPerMinute)
        polls.declare(name, pollsModelBreaches: configuration.pollsModelBreaches)
        for feed in feeds { polls.declare(name, feed: feed, intervalSeconds: configuration.interval(of: feed)) }
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
        let families =
            states.families(of: name) + api.collect(name) + polls.collect(name) + configuration.collect(name)
        return configuration.labels(of: name).map { labels in families.map { $0.with(commonLabels: labels) } }
            ?? families
    }

    /// Whether there may be series of an appliance of this name.
    package func contains(_ name: String) -> Bool { states.contains(name) || configuration.names.contains(name) }

    /// What changes by commits and events: a group for each appliance, and one for the exporter itself.
    package func groups() -> [MetricGroup] {
        let states = states.revisions
        let appliances = Set(states.keys).union(configuration.names).map { [self] name in
            let revisions = [
                states[name] ?? 0, api.revision(of: name), polls.revision(of: name), configuration.revision(of: name),
            ]
            return MetricGroup(name, revision: revisions.reduce(0, &+)) { families(of: name) }
        }
        return [MetricGroup("") { [program] in program.collect() }] + appliances
    }

    /// What changes between events: the process, the scrapes, and the clock skew.
    package func live(_ scope: ScrapeScope) -> [MetricFamily] {
        let labels = configuration.labels
        return switch scope {
        case .everything:
            ProcessCollector.collect() + program.collectLive() + [states.clockSkew(commonLabels: labels)]
        case .appliances(let names): [states.clockSkew(of: names, commonLabels: labels)]
        }
    }

    /// What `once` prints: the appliances, without what describes a running process or would collide in a file that is
    /// merged with others.
    package func appliances() -> [MetricFamily] {
        let names = Set(states.revisions.keys).union(configuration.names).sorted()
        return names.flatMap(families) + program.collectRun() + [states.clockSkew(commonLabels: configuration.labels)]
    }
}
