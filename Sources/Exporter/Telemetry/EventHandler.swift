package import Collector
import Darktrace
import Ledger
import Locking
package import Logging
package import Metrics

/// Turns events of the collector into log lines, self metrics and the state shown on pages.
package struct EventHandler: Sendable {
    private let observations: MetricsRegistry
    private let logger: Logger
    private let clocks: Clocks
    private let changed: @Sendable () -> Void
    private let doubleCounting = SharedDoubleCounting()

    /// `changed` is called whenever a scrape would differ; it must be quick.
    package init(
        _ observations: MetricsRegistry, logger: Logger, clocks: Clocks, changed: @escaping @Sendable () -> Void
    ) {
        self.observations = observations
        self.logger = logger
        self.clocks = clocks
        self.changed = changed
    }

    /// Replaces the families that a feed exposes.
    package func publish(_ appliance: String, _ feed: FeedKind, _ families: [MetricFamily]) {
        observations.states.publish(appliance, feed, families)
        changed()
    }

    /// Counts and logs one event.
    package func handle(_ event: Event) {
        let name = event.appliance
        switch event.kind {
        case .started(let configuration):
            observations.configure(configuration)
            doubleCounting.state.withLock {
                $0.configure(
                    name, host: configuration.connection.host, countsBreaches: configuration.pollsModelBreaches)
            }
            reportDoubleCounting()
            changed()
        case .removed:
            observations.remove(name)
            doubleCounting.state.withLock { $0.remove(name) }
            changed()
        case .attemptBegan(let path): observations.api.begin(name, path: path)
        case .attemptEnded(let attempt, let isUnavailable):
            observations.api.end(name, attempt, isUnavailable: isUnavailable)
            observations.states.attemptEnded(name, hasResponse: attempt.result.head != nil)
            changed()
            EventLogger.requestEnded(attempt, of: name, logger)
        case .firstAttemptEnded: observations.states.update(name) { $0.hasPolled = true }
        case .pollEnded(let poll): pollEnded(poll, of: name)
        case .clockSkew(let seconds): observations.states.setClockSkew(name, seconds: seconds)
        case .committed(let seconds):
            observations.program.committed(seconds: seconds)
            changed()
        case .commitFailed(let error):
            // The ledger works: another replica counts this appliance now.
            if error.reason != .leaseLost { observations.program.commitFailed() }
            changed()
        case .mastersListed(let labels):
            doubleCounting.state.withLock { $0.setMasters(labels.masters, of: name) }
            reportDoubleCounting()
        case .creationTimeFallback(let isOn):
            observations.polls.setFallback(isOn, name)
            changed()
        default: break
        }
        EventLogger.log(event, logger)
    }

    private func reportDoubleCounting() {
        for pair in doubleCounting.state.withLock({ $0.newPairs() }) {
            logger.warn(
                "Model breaches counted twice", ("appliance", pair.view), ("master", pair.master),
                ("error", pair.advice))
        }
    }

    private func pollEnded(_ poll: PollReport, of name: String) {
        let now = clocks.wallMilliseconds()
        observations.polls.end(name, poll, milliseconds: now)
        observations.states.update(name) { $0.end(poll, at: now) }
        defer { changed() }
        guard poll.feed == .modelBreaches else {
            if let isUp = observations.polls.isUpByOtherFeeds(name) {
                observations.states.update(name) { state in
                    state.isUp = isUp
                    state.problem = isUp ? nil : poll.failure
                    if poll.failure == nil { state.lastSuccess = now }
                }
                observations.states.pollEnded(name)
            }
            return gaugePollEnded(poll, of: name)
        }
        var wasUp = false
        observations.states.update(name) { state in
            wasUp = state.isUp
            state.isUp = poll.failure == nil
            state.problem = poll.failure
            if poll.failure == nil { state.lastSuccess = now }
        }
        observations.states.pollEnded(name)
        EventLogger.pollEnded(poll, of: name, wasUp: wasUp, logger)
    }

    /// A secondary feed may fail permanently and does not decide whether the appliance is up.
    private func gaugePollEnded(_ poll: PollReport, of name: String) {
        var before: PollReport.Failure?
        observations.states.update(name) { state in
            before = state.warnings[poll.feed]
            state.warnings[poll.feed] = poll.failure
        }
        EventLogger.pollEnded(poll, of: name, before: before, logger)
    }
}

/// What events of all appliances say about double counting.
private final class SharedDoubleCounting: Sendable {
    let state = Locked(DoubleCounting())
}
