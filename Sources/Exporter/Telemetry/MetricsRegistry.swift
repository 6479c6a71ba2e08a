package import Collector
package import Metrics

/// Every family that is exposed: those from the ledger and those that the process counts itself.
package struct MetricsRegistry: Sendable {
    package let board: ApplianceStateStore
    package let api = APIMetrics()
    package let polls = PollMetrics()
    package let program: ExporterMetrics

    /// - Parameter droppedLogLines: how many lines of the log were lost so far.
    package init(timeline: Clocks, droppedLogLines: @escaping @Sendable () -> Int) {
        board = ApplianceStateStore(monotonicNanoseconds: timeline.monotonicNanoseconds)
        program = ExporterMetrics(
            startMilliseconds: timeline.wallMilliseconds(), droppedLogLines: droppedLogLines)
    }

    /// Exposes these appliances and no others; what is known of a name is kept.
    package func configure(_ plans: [PollConfiguration]) {
        let names = Set(plans.map(\.name))
        for removed in board.states.map(\.name) where !names.contains(removed) {
            board.remove(removed)
            api.remove(removed)
            polls.remove(removed)
        }
        for plan in plans {
            board.add(plan.name)
            api.declare(plan.name, paths: plan.feeds.map(\.path), requestsPerMinute: plan.requestsPerMinute)
            for feed in plan.feeds {
                polls.declare(plan.name, feed: feed, intervalSeconds: plan.interval(of: feed))
            }
            for feed in FeedKind.allCases where !plan.feeds.contains(feed) {
                board.publish(plan.name, feed, [])
                board.update(plan.name) { $0.warnings[feed] = nil }
                api.remove(plan.name, path: feed.path)
                polls.remove(plan.name, feed: feed)
            }
        }
    }

    /// What changes by commits and events.
    package func snapshot() -> [MetricFamily] {
        (board.families + api.collect() + polls.collect() + program.collect()).merged()
    }

    /// What changes between events: the process, the scrapes, and the clock skew.
    package func tail() -> [MetricFamily] {
        ProcessCollector.collect() + program.collectLive() + [board.clockSkew]
    }

    /// What `once` prints: the appliances, without what describes a running process or would collide in a file that is
    /// merged with others.
    package func appliances() -> [MetricFamily] {
        board.families + api.collect() + polls.collect() + program.collectRun() + [board.clockSkew]
    }
}
