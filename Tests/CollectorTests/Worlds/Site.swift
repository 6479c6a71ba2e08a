import Collector
import Metrics

extension World {
    /// An appliance with its history, and what the exporter exposes of it.
    final class Site {
        let name: String
        let history: History
        let appliance: ModelAppliance
        let exposition: ExpositionChecker
        var configuration: PollConfiguration
        /// How many pollers have started.
        private(set) var starts = 0
        /// How often something was published.
        private(set) var publications = 0
        /// What a process published last of model breaches.
        var families: [MetricFamily]?
        /// The counters of secondary feeds.
        let counters: [CounterCheck]
        private var gauges: [FeedKind: [ModelAppliance.ReportedState: GaugeCheck]] = [:]
        private var openList: OpenListTruth
        private let loop: Loop
        private let refuses: Bool

        init(
            _ name: String, _ profile: FaultProfile, _ history: History, loop: Loop, isPrinted: Bool,
            rng: SeededRNG
        ) {
            self.name = name
            self.history = history
            self.loop = loop
            refuses = profile.refusal != nil
            appliance = ModelAppliance(loop: loop, history: history, profile: profile, rng: rng)
            exposition = ExpositionChecker(of: name, loop: loop, profile: profile, isPrinted: isPrinted)
            configuration = profile.configuration(name, connection: ApplianceConnection(to: appliance, address: name))
            counters = [FeedKind.acknowledgements, .antigenaActions, .incidentEvents]
                .filter { profile.feeds[$0] != nil }.map(CounterCheck.init)
            openList = OpenListTruth(windowSeconds: configuration.window(of: .acknowledgements).inSeconds)
            addGauges()
            appliance.onDelivery = { [unowned self] state, query, instant in deliver(state, query, instant) }
        }

        /// Whether every breach is counted and exposed.
        var isComplete: Bool {
            guard let start = exposition.ledgerStart, let total = exposition.total else { return false }
            return Int(total) == history.breaches.count { $0.counts(since: start) }
        }

        var violations: [String] {
            let gauges = gauges.values.flatMap(\.values).flatMap(\.violations)
            return appliance.violations + exposition.violations + counters.flatMap(\.violations) + gauges
        }

        // MARK: What the exporter does

        func beginProcess() {
            appliance.beginProcess()
            exposition.restart()
            beginPolls()
        }

        func beginPoller() {
            starts += 1
            beginPolls()
        }

        private func beginPolls() {
            appliance.beginPolls()
            for check in gauges.values.flatMap(\.values) { check.restart() }
            openList = OpenListTruth(windowSeconds: configuration.window(of: .acknowledgements).inSeconds)
        }

        /// - Parameter wall: The clock of the exporter, in milliseconds since 1970.
        func publish(_ feed: FeedKind, _ published: [MetricFamily], wall: Int64) {
            publications += 1
            counters.first { $0.feed == feed }?.publish(published)
            for check in gauges[feed, default: [:]].values { check.publish(published, at: loop.now) }
            for check in gauges.values.flatMap(\.values) { check.look(at: loop.now) }
            guard feed == .modelBreaches else { return }
            families = published
            exposition.publish(published, wall: wall)
        }

        // MARK: The truth of states

        private func addGauges() {
            func add(_ feed: FeedKind, _ state: ModelAppliance.ReportedState, _ names: Set<String>) {
                guard configuration.interval(of: feed).inSeconds > 0 else { return }
                gauges[feed, default: [:]][state] = GaugeCheck(
                    names, interval: configuration.interval(of: feed).inSeconds,
                    pollInterval: configuration.pollInterval.inSeconds)
            }
            add(
                .acknowledgements, .openBreaches,
                [
                    "darktrace_model_breaches_unacknowledged",
                    "darktrace_model_breach_oldest_unacknowledged_timestamp_seconds",
                ])
            add(.incidents, .incidents, Set(FeedKind.incidents.sections.flatMap(\.families).map(\.name)))
            add(.antigena, .actionSummary, ["darktrace_antigena_actions", "darktrace_antigena_action_devices"])
            add(.antigena, .waitingActions, ["darktrace_antigena_action_oldest_pending_timestamp_seconds"])
        }

        private func deliver(_ state: ModelAppliance.ReportedState, _ query: ModelAppliance.Query, _ instant: Int64) {
            switch state {
            case .openBreaches:
                let found = appliance.breaches(for: query, at: instant).map { history.breaches[$0.index] }
                guard let values = openList.add(query, found) else { return }
                gauges[.acknowledgements]?[state]?.deliver(values, at: loop.now)
            case .incidents:
                let incidents = appliance.incidents(for: query, at: instant)
                gauges[.incidents]?[state]?.deliver(incidents.exposedValues, at: loop.now)
            case .actionSummary:
                let values = appliance.exposedSummary(at: instant)
                gauges[.antigena]?[state]?.deliver(values, at: loop.now)
                // Nothing waits, so nothing is asked for.
                if values["darktrace_antigena_actions{pending}"] == 0 {
                    gauges[.antigena]?[.waitingActions]?.deliver([:], at: loop.now)
                }
            case .waitingActions:
                let oldest = appliance.waitingActions(at: instant).map(\.start).min()
                let name = "darktrace_antigena_action_oldest_pending_timestamp_seconds{}"
                gauges[.antigena]?[state]?.deliver(oldest.map { [name: Double($0) / 1_000] } ?? [:], at: loop.now)
            }
        }

        // MARK: The truth of counters

        /// What a secondary feed must have counted in the end, if its ledger starts then.
        func expected(of feed: FeedKind, since start: Int64) -> CounterCheck.Expected {
            switch feed {
            case .acknowledgements: expectedAcknowledgements(since: start)
            case .antigenaActions: refuses ? [:] : expectedActions(since: start)
            default: refuses ? [:] : expectedEvents(since: start)
            }
        }

        private func expectedAcknowledgements(since start: Int64) -> CounterCheck.Expected {
            var expected: CounterCheck.Expected = [:]
            for breach in history.breaches where breach.counts(since: start) && breach.acknowledged(at: .max) != nil {
                for name in [
                    "darktrace_model_breaches_acknowledged_total",
                    "darktrace_model_breach_acknowledgement_delay_seconds",
                ] {
                    let series = "\(name){\(breach.countedCategory)}"
                    let count = (expected[series]?.upperBound ?? 0) + 1
                    // By activity time, breaches at the very start of the ledger may be outside every window.
                    expected[series] = (appliance.profile.honoursCreation ? count : 0)...count
                }
            }
            return expected
        }

        private func expectedActions(since start: Int64) -> CounterCheck.Expected {
            history.security.actions.filter { $0.counts(since: start) }.reduce(into: [:]) { expected, action in
                let count = (expected[action.series]?.upperBound ?? 0) + 1
                expected[action.series] = count...count
            }
        }

        private func expectedEvents(since start: Int64) -> CounterCheck.Expected {
            let events = history.security.events.filter { $0.counts(since: start) }
            var expected: CounterCheck.Expected = [:]
            expected[IncidentEvent.counter] = Double(events.count)...Double(events.count)
            for category in Set(events.flatMap(\.categories)) {
                let possible = events.filter { $0.categories.contains(category) }
                let certain = possible.count { $0.categories.count == 1 }
                expected["\(IncidentEvent.counter){\(category)}"] = Double(certain)...Double(possible.count)
            }
            return expected
        }
    }
}
