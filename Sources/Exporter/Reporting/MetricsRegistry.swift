package import Collector
package import Metrics

/// Everything that is told, in one place: what the ledger holds and what the process has counted itself.
package struct MetricsRegistry: Sendable {
    package let board = ApplianceStateStore()
    package let api = APIMetrics()
    package let polls = PollMetrics()
    package let program: ExporterMetrics
    private let timeline: Clocks

    package init(timeline: Clocks) {
        self.timeline = timeline
        program = ExporterMetrics(startMilliseconds: timeline.wallMilliseconds())
    }

    /// Begins to tell of these appliances, and stops telling of others; what is known of a name is kept.
    package func configure(_ plans: [PollConfiguration]) {
        let names = Set(plans.map(\.name))
        for gone in board.states.map(\.name) where !names.contains(gone) {
            board.remove(gone)
            api.remove(gone)
            polls.remove(gone)
        }
        for plan in plans {
            board.add(plan.name, pollIntervalSeconds: plan.pollInterval)
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

    /// What changes by itself: the process, the scrapes, and what goes away when an appliance is silent.
    package func tail() -> [MetricFamily] {
        let now = Double(timeline.monotonicNanoseconds()) / 1e9
        return ProcessCollector.collect() + program.collectLive() + [board.clockSkew(monotonicSeconds: now)]
    }

    /// What a run tells that ends when it has polled: the appliances alone.
    ///
    /// Left out is what describes a process that stays, and what would collide in a file beside those of others.
    package func appliances() -> [MetricFamily] {
        let now = Double(timeline.monotonicNanoseconds()) / 1e9
        return board.families + api.collect() + polls.collect() + program.collectRun()
            + [board.clockSkew(monotonicSeconds: now)]
    }
}
