package import Collector
import Configuration
import Darktrace
package import Metrics

/// Turns what the rooms below report into log lines, self-metrics and what people see on the pages.
package struct EventHandler: Sendable {
    private let observations: MetricsRegistry
    private let logger: Logger
    private let timeline: Clocks
    private let changed: @Sendable () -> Void

    /// `changed` is called whenever a new snapshot would show something new; it must be quick.
    package init(
        _ observations: MetricsRegistry, logger: Logger, timeline: Clocks, changed: @escaping @Sendable () -> Void
    ) {
        self.observations = observations
        self.logger = logger
        self.timeline = timeline
        self.changed = changed
    }

    /// Takes what a feed shows over.
    package func publish(_ appliance: String, _ feed: FeedKind, _ families: [MetricFamily]) {
        observations.board.publish(appliance, feed, families)
        changed()
    }

    /// Counts and logs one event.
    package func handle(_ event: Event) {
        let name = event.appliance
        switch event.kind {
        case .attemptBegan(let path): observations.api.begin(name, path: path)
        case .attemptEnded(let attempt): end(attempt, of: name)
        case .firstAttemptEnded: observations.board.update(name) { $0.hasPolled = true }
        case .pollEnded(let poll): end(poll, of: name)
        case .clockSkew(let seconds):
            let now = Double(timeline.monotonicNanoseconds()) / 1e9
            observations.board.noteClock(name, skewSeconds: seconds, monotonicSeconds: now)
        case .committed(let seconds):
            observations.program.committed(seconds: seconds)
            changed()
        case .commitFailed(let error):
            observations.program.commitFailed()
            logger.error("The ledger could not be written", ("appliance", name), ("error", "\(error)"))
            changed()
        case .creationTimeFallback(let isOn):
            observations.polls.setFallback(isOn, name)
            EventLogger.notice(event, logger)
            changed()
        default: EventLogger.notice(event, logger)
        }
    }

    private func end(_ attempt: Attempt, of name: String) {
        observations.api.end(name, attempt)
        changed()
        guard !attempt.isCancelled else { return }
        var fields: [(key: String, value: String)] = [
            ("appliance", name), ("path", attempt.path),
            ("status", attempt.exchange.head.map { String($0.status) } ?? "none"),
            ("seconds", EventLogger.seconds(attempt.exchange.phases.total)),
            ("bytes", String(attempt.exchange.bodyBytes)),
        ]
        if let refusal = attempt.refusal {
            fields += [("reason", refusal.reason.rawValue), ("error", refusal.detail)]
        }
        logger.log(.debug, "Request ended", fields)
    }

    private func end(_ poll: PollReport, of name: String) {
        let now = timeline.wallMilliseconds()
        observations.polls.end(name, poll, milliseconds: now)
        guard poll.feed.isCounted else { return remark(poll, of: name) }
        var wasUp = false
        observations.board.update(name) { state in
            wasUp = state.isUp
            state.isUp = poll.failure == nil
            state.problem = poll.failure?.detail
            if poll.failure == nil { state.lastSuccess = now }
        }
        changed()
        EventLogger.ended(poll, of: name, wasUp: wasUp, logger)
    }

    /// A feed that may go without says nothing about whether the appliance is up.
    private func remark(_ poll: PollReport, of name: String) {
        var before: String?
        observations.board.update(name) { state in
            before = state.warnings[poll.feed]
            state.warnings[poll.feed] = poll.failure?.detail
        }
        changed()
        EventLogger.ended(poll, of: name, before: before, logger)
    }
}
