package import Darktrace

/// The feeds of this version.
package enum Feeds {
    /// All of them, the primary one first. Settings, `check`, the documents and the labels of metrics use this list: a
    /// new gauge feed is a file next to this one and an entry here.
    package static let all: [FeedKind] = [.modelBreaches, .status, .antigena]
}

/// A feed: one polled endpoint of an appliance, as declared. Feeds with the same name are equal.
package struct FeedKind: Sendable {
    /// The label `feed`, and the key under `feeds` in the configuration.
    package let name: String
    /// The label `path` of its requests.
    package let path: String
    package let priority: FeedPriority
    /// Seconds; nil if another setting determines the interval.
    package let defaultInterval: Double?
    /// The endpoint may be unlicensed or unknown on an appliance: an error at the first poll is no failure.
    package let isOptional: Bool
    /// What it exposes, for the metrics reference; empty for a counted feed.
    package let sections: [Section]
    /// Nil for a counted feed.
    package let gauges: GaugeTable?

    /// A part of the metrics reference.
    package struct Section: Sendable {
        package let title: String
        package let about: String
        package let metrics: [GaugeMetric]
    }

    /// Records are counted in the ledger: its polls have to succeed.
    package var isCounted: Bool { gauges == nil }

    /// A counted feed.
    static func counted(_ name: String, path: String) -> FeedKind {
        FeedKind(
            name: name, path: path, priority: .primary, defaultInterval: nil, isOptional: false, sections: [],
            gauges: nil)
    }

    /// A gauge feed.
    ///
    /// - Parameters:
    ///   - query: Without `?`: names sorted, nothing that needs escaping.
    ///   - permissionHint: What to do when the API user may not read the endpoint.
    ///   - interval: Seconds.
    static func gauges(
        _ name: String, path: String, query: String = "", permissionHint: Hint, interval: Double,
        isOptional: Bool = true, response: GaugeResponse, sections: [Section]
    ) -> FeedKind {
        FeedKind(
            name: name, path: path, priority: .secondary, defaultInterval: interval, isOptional: isOptional,
            sections: sections,
            gauges: GaugeTable(
                path: path, query: query, permissionHint: permissionHint, response: response,
                metrics: sections.flatMap(\.metrics)))
    }

    /// Polls the endpoint of a gauge feed once, to see whether it is available; nil for a counted feed.
    package func check(_ client: Client, credentials: Credentials, wallMilliseconds: Int64) async -> Attempt? {
        guard let gauges else { return nil }
        return await client.send(
            gauges.request, credentials: credentials, wallMilliseconds: wallMilliseconds, onElement: { _ in true })
    }
}

extension FeedKind: Hashable {
    package static func == (one: FeedKind, other: FeedKind) -> Bool { one.name == other.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension FeedKind {
    /// Model breaches: the feed that decides whether an appliance is up.
    package static let modelBreaches = counted("modelbreaches", path: ModelBreachesRequest.path)
}
