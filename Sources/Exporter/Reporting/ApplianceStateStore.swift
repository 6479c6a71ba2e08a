package import Collector
import Locking
package import Metrics
import Synchronization

/// What is known of every configured appliance now: written by the events of its polls, read by scrapes and pages.
package final class ApplianceStateStore: Sendable {
    private let entries: Locked<[String: Entry]>
    /// Ready once is ready for good, also when a reload adds an appliance.
    private let wasReady = Atomic(false)

    private struct Entry {
        var state: ApplianceState
        /// What each feed showed last, exactly as the collector published it.
        var families: [FeedKind: [MetricFamily]] = [:]
        var clock: AnsweredClock?
        let pollIntervalSeconds: Double
    }

    /// The appliance's clock minus ours, as an answer told it.
    private struct AnsweredClock {
        let skewSeconds: Double
        let monotonicSeconds: Double
    }

    package init() { entries = Locked([:]) }

    /// Begins to show an appliance; one that is shown already keeps what is known of it.
    package func add(_ name: String, pollIntervalSeconds: Double) {
        entries.withLock { entries in
            let known = entries[name]
            var entry = Entry(
                state: known?.state ?? ApplianceState(name: name), pollIntervalSeconds: pollIntervalSeconds)
            entry.families = known?.families ?? [:]
            entry.clock = known?.clock
            entries[name] = entry
        }
    }

    /// Shows an appliance no longer.
    package func remove(_ name: String) {
        entries.withLock { _ = $0.removeValue(forKey: name) }
    }

    /// Takes what a feed shows over, all at once.
    package func publish(_ name: String, _ feed: FeedKind, _ families: [MetricFamily]) {
        entries.withLock { $0[name]?.families[feed] = families }
    }

    /// Changes what people see of an appliance.
    package func update(_ name: String, _ change: (inout ApplianceState) -> Void) {
        entries.withLock { entries in
            guard var entry = entries[name] else { return }
            change(&entry.state)
            entries[name] = entry
        }
    }

    /// Notes the clock of an appliance by an answer of it.
    package func noteClock(_ name: String, skewSeconds: Double, monotonicSeconds: Double) {
        entries.withLock {
            $0[name]?.clock = AnsweredClock(skewSeconds: skewSeconds, monotonicSeconds: monotonicSeconds)
        }
    }

    /// The appliances in the order of their names.
    package var states: [ApplianceState] {
        entries.withLock { $0.values.map(\.state) }.sorted { $0.name < $1.name }
    }

    /// The name of an appliance whose first try has not ended; nil once all have, and for good.
    package var firstPending: String? {
        if wasReady.load(ordering: .relaxed) { return nil }
        let name = states.first { !$0.hasPolled }?.name
        if name == nil { wasReady.store(true, ordering: .relaxed) }
        return name
    }

    /// What every appliance's feeds showed last, in the order of their names: merged they are in order then.
    package var families: [MetricFamily] {
        entries.withLock { $0 }.sorted { $0.key < $1.key }.flatMap { $0.value.families.values.joined() }
    }

    /// The clock skew of each appliance that has answered within its last three intervals: what is older is not known.
    package func clockSkew(monotonicSeconds now: Double) -> MetricFamily {
        let known = entries.withLock { entries in
            entries.values.filter { entry in
                guard let clock = entry.clock else { return false }
                return now - clock.monotonicSeconds <= 3 * entry.pollIntervalSeconds
            }
        }
        return MetricFamily(
            APIMetrics.clockSkew,
            known.map { entry in
                Series(
                    Labels(APIMetrics.clockSkew.labelNames, [entry.state.name]),
                    .number(entry.clock?.skewSeconds ?? 0))
            })
    }
}
