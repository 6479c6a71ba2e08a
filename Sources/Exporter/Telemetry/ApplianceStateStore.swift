package import Collector
import Locking
package import Metrics
import Synchronization

/// The current state of every configured appliance: written by the events of its polls, read by scrapes and pages.
package final class ApplianceStateStore: Sendable {
    private let entries = Locked<[String: Entry]>([:])
    private let monotonicNanoseconds: @Sendable () -> Int64
    private let startNanoseconds: Int64
    private let publications = Atomic<UInt64>(0)
    /// Readiness is permanent, also when a reload adds an appliance.
    private let wasReady = Atomic(false)

    /// How long readiness waits for the first polls: a silent appliance must not keep the others out of service.
    private static let readinessNanoseconds: Int64 = 10_000_000_000
    /// After this many polls without an HTTP response the clock skew is unknown.
    private static let pollsUntilSkewIsUnknown = 3

    private struct Entry {
        var state: ApplianceState
        /// Nil until it is configured, which an appliance is after it was added.
        var configuration: PollConfiguration?
        /// What each feed published last.
        var families: [FeedKind: [MetricFamily]] = [:]
        /// Increases with each publication.
        var revision: UInt64 = 0
        /// The appliance's clock minus this machine's.
        var skewSeconds: Double?
        var hasResponse = false
        var pollsWithoutResponse = 0
    }

    /// Creates an empty store; readiness waits from now on.
    package init(monotonicNanoseconds: @escaping @Sendable () -> Int64) {
        self.monotonicNanoseconds = monotonicNanoseconds
        startNanoseconds = monotonicNanoseconds()
    }

    /// Adds an appliance; the state of one that exists is kept.
    package func add(_ name: String) {
        entries.withLock { $0[name] = $0[name] ?? Entry(state: ApplianceState(name: name)) }
    }

    /// Adds an appliance, or replaces the configuration of one that exists.
    ///
    /// - Returns: Its last configuration; nil for the first one.
    package func configure(_ configuration: PollConfiguration) -> PollConfiguration? {
        entries.withLock { entries in
            let name = configuration.name
            let last = entries[name]?.configuration
            entries[name, default: Entry(state: ApplianceState(name: name))].configuration = configuration
            return last
        }
    }

    /// Whether an appliance of this name is configured.
    package func contains(_ name: String) -> Bool { entries.withLock { $0[name] != nil } }

    /// Removes an appliance and its families.
    package func remove(_ name: String) {
        entries.withLock { _ = $0.removeValue(forKey: name) }
    }

    /// Replaces the families of a feed.
    package func publish(_ name: String, _ feed: FeedKind, _ families: [MetricFamily]) {
        let revision = publications.wrappingAdd(1, ordering: .relaxed).newValue
        entries.withLock { entries in
            entries[name]?.families[feed] = families
            entries[name]?.revision = revision
        }
    }

    /// Changes what pages show of an appliance.
    package func update(_ name: String, _ change: (inout ApplianceState) -> Void) {
        entries.withLock { entries in
            guard let index = entries.index(forKey: name) else { return }
            change(&entries.values[index].state)
        }
    }

    /// Sets the clock skew that a response showed.
    package func setClockSkew(_ name: String, seconds: Double) {
        entries.withLock { $0[name]?.skewSeconds = seconds }
    }

    /// Records whether a request brought an HTTP response, successful or not.
    package func attemptEnded(_ name: String, hasResponse: Bool) {
        if hasResponse { entries.withLock { $0[name]?.hasResponse = true } }
    }

    /// Records the end of a planned poll; after three without any response the clock skew is unknown.
    package func pollEnded(_ name: String) {
        entries.withLock { entries in
            guard var entry = entries[name] else { return }
            entry.pollsWithoutResponse = entry.hasResponse ? 0 : entry.pollsWithoutResponse + 1
            entry.hasResponse = false
            if entry.pollsWithoutResponse >= Self.pollsUntilSkewIsUnknown { entry.skewSeconds = nil }
            entries[name] = entry
        }
    }

    /// The appliances by name.
    package var states: [ApplianceState] {
        entries.withLock { $0.values.map(\.state) }.sorted { $0.name < $1.name }
    }

    /// The name of an appliance whose first attempt has not ended; nil once all have, or ten seconds have passed.
    package var firstPending: String? {
        if wasReady.load(ordering: .relaxed) { return nil }
        let name = states.first { !$0.hasPolled }?.name
        let isOver = monotonicNanoseconds() - startNanoseconds >= Self.readinessNanoseconds
        guard let name, !isOver else {
            wasReady.store(true, ordering: .relaxed)
            return nil
        }
        return name
    }

    /// The revision of each appliance's families: it increases with each publication.
    package var revisions: [String: UInt64] { entries.withLock { $0.mapValues(\.revision) } }

    /// What the feeds of an appliance published last.
    package func families(of name: String) -> [MetricFamily] {
        entries.withLock { Array(($0[name]?.families.values ?? [:].values).joined()) }
    }

    /// The appliance's clock minus this machine's, if known.
    package func skewSeconds(of name: String) -> Double? { entries.withLock { $0[name]?.skewSeconds } }

    /// The clock skew of each appliance, or of some, where known.
    ///
    /// - Parameter commonLabels: The configured labels by the name of the appliance.
    package func clockSkew(of names: [String]? = nil, commonLabels: [String: Labels]) -> MetricFamily {
        let known = entries.withLock { entries in
            (names ?? Array(entries.keys)).compactMap { name in entries[name]?.skewSeconds.map { (name, $0) } }
        }
        return MetricFamily(
            APIMetrics.clockSkew,
            known.map { name, skew in
                let labels = Labels(APIMetrics.clockSkew.labelNames, [name])
                return Series(labels.with(common: commonLabels[name] ?? .none), .number(skew))
            })
    }
}
