import Darktrace
package import Metrics

/// The feeds of this version.
package enum Feeds {
    /// All of them, the primary one first. Settings, `check`, the documents and the labels of metrics use this list: a
    /// new gauge feed is a file next to this one and an entry here.
    package static let all: [FeedKind] = [
        .modelBreaches, .status, .acknowledgements, .antigena, .antigenaActions, .incidents, .incidentEvents,
        .statistics,
    ]
}

/// A feed: one polled endpoint of an appliance, as declared. Feeds with the same name are equal.
///
/// A class: pollers and events share the few declarations instead of copying them.
package final class FeedKind: Sendable {
    /// The label `feed`, and the key under `feeds` in the configuration.
    package let name: String
    /// The label `path` of its requests.
    package let path: String
    package let priority: FeedPriority
    /// Nil if another setting determines the interval.
    package let defaultInterval: Duration?
    /// How far a poll looks back; nil for a feed without a window.
    package let defaultWindow: Duration?
    /// How late a record may come to count, if that is later than the appliance's `recheck_window`.
    let recheckWindow: Duration
    /// How many requests a poll sends as a rule.
    let requestsPerPoll: Int
    /// The endpoint may be unlicensed or unknown on an appliance: an error at the first poll is no failure.
    package let isOptional: Bool
    /// What it exposes, for the metrics reference; empty for model breaches.
    package let sections: [Section]
    package let source: Source

    /// The parameters are the properties of the same names.
    init(
        name: String, path: String, priority: FeedPriority, defaultInterval: Duration?, defaultWindow: Duration? = nil,
        recheckWindow: Duration = .zero, requestsPerPoll: Int = 1, isOptional: Bool, sections: [Section],
        source: Source
    ) {
        self.name = name
        self.path = path
        self.priority = priority
        self.defaultInterval = defaultInterval
        self.defaultWindow = defaultWindow
        self.recheckWindow = recheckWindow
        self.requestsPerPoll = requestsPerPoll
        self.isOptional = isOptional
        self.sections = sections
        self.source = source
    }

    /// What is polled, and what becomes of it.
    package enum Source: Sendable {
        /// A state: its latest response is exposed.
        case gauges(GaugeTable)
        /// Records that are counted once each.
        case records(RecordTable)
        /// Model breaches, which are counted by code of their own.
        case breaches
        /// Acknowledgements of model breaches, a combination of both.
        case acknowledgements
    }

    /// A part of the metrics reference.
    package struct Section: Sendable {
        package let title: String
        package let about: String
        package let metrics: [GaugeMetric]
        package var counted: [Descriptor] = []

        /// The families of this part.
        package var families: [Descriptor] { metrics.map(\.descriptor) + counted }
    }

    /// The label `path` of all its requests.
    package var paths: Set<String> { Set([path] + (gauges?.further.map(\.path) ?? [])) }

    /// Nil for a counted feed.
    package var gauges: GaugeTable? { if case .gauges(let table) = source { table } else { nil } }

    /// Records are counted in the ledger.
    package var isCounted: Bool { if case .gauges = source { false } else { true } }

    /// A counted feed.
    ///
    /// - Parameters:
    ///   - permissionHint: What to do when the API user may not read the endpoint.
    ///   - query: The query of a window, without `?`: names sorted, nothing that needs escaping.
    ///   - recheckWindow: How long after its time a record may come to count, at least.
    ///   - record: What a record counts as.
    static func counted(
        _ name: String, path: String, permissionHint: Hint, interval: Duration, recheckWindow: Duration = .zero,
        query: @escaping @Sendable (QueryWindow) -> String, section: (title: String, about: String),
        counters: [CountedMetric], record: @escaping RecordTable.Read
    ) -> FeedKind {
        FeedKind(
            name: name, path: path, priority: .secondary, defaultInterval: interval, recheckWindow: recheckWindow,
            isOptional: true,
            sections: [
                Section(title: section.title, about: section.about, metrics: [], counted: counters.map(\.descriptor))
            ],
            source: .records(
                RecordTable(
                    path: path, permissionHint: permissionHint, query: query, counters: counters, read: record)))
    }

    /// A gauge feed.
    ///
    /// - Parameters:
    ///   - query: Without `?`: names sorted, nothing that needs escaping.
    ///   - permissionHint: What to do when the API user may not read the endpoint.
    ///   - window: How far a poll looks back.
    ///   - further: Requests that each poll sends after the first one.
    static func gauges(
        _ name: String, path: String, query: @escaping GaugeTable.Query = { _ in "" }, permissionHint: Hint,
        interval: Duration, window: Duration? = nil, isOptional: Bool = true, response: GaugeResponse,
        sections: [Section], further: [FurtherRequest] = []
    ) -> FeedKind {
        let first = GaugeTable(
            path: path, query: query, permissionHint: permissionHint, response: response,
            metrics: sections.flatMap(\.metrics),
            further: further.map {
                GaugeTable(
                    path: $0.path, query: $0.query, permissionHint: permissionHint, response: $0.response,
                    metrics: $0.section.metrics, isNeeded: $0.isNeeded)
            })
        return FeedKind(
            name: name, path: path, priority: .secondary, defaultInterval: interval, defaultWindow: window,
            requestsPerPoll: 1 + further.count, isOptional: isOptional,
            sections: sections + further.map(\.section), source: .gauges(first))
    }

    /// A request that each poll of a gauge feed sends after the first one, for metrics of its own. It fails alone.
    struct FurtherRequest: Sendable {
        let path: String
        let query: GaugeTable.Query
        let response: GaugeResponse
        /// Whether the response to the first request, nil if it failed, makes this one worth sending.
        var isNeeded: @Sendable (GaugeTable.Fold?) -> Bool = { _ in true }
        let section: Section
    }
}

extension FeedKind: Hashable {
    package static func == (one: FeedKind, other: FeedKind) -> Bool { one === other || one.name == other.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
