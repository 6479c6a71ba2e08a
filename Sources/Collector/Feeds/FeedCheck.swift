package import Darktrace
import Locking
import Metrics

/// Whether one request of a feed is answered, and the metrics that need it.
package struct FeedCheck: Sendable {
    package let attempt: Attempt
    package let metrics: [String]
    /// The label values of `darktrace_master_info`: the masters of a Unified View.
    package let masters: [[String]]

    package init(attempt: Attempt, metrics: [String], masters: [[String]]) {
        self.attempt = attempt
        self.metrics = metrics
        self.masters = masters
    }
}

extension FeedKind {
    /// Sends each request of the feed once, to see what is available; nothing for model breaches, which are checked by
    /// other means.
    ///
    /// - Parameter now: The exporter's clock.
    package func check(_ client: Client, credentials: Credentials, at now: ApplianceTime) async -> [FeedCheck] {
        switch source {
        case .breaches: return []
        case .acknowledgements:
            let window = QueryWindow(last: .hour, before: now)
            let request = ModelBreachesRequest(
                startMilliseconds: window.start.milliseconds, endMilliseconds: window.end.milliseconds,
                includesAcknowledged: false)
            let attempt = await client.send(
                request, credentials: credentials, wallMilliseconds: now.milliseconds, onElement: { _ in true })
            return [FeedCheck(attempt: attempt, metrics: AcknowledgementMetrics.all.map(\.name), masters: [])]
        case .gauges(let first):
            var checks: [FeedCheck] = []
            for table in [first] + first.further {
                let window = QueryWindow(last: min(.hour, defaultWindow ?? .zero), before: now)
                let folded = Locked(GaugeTable.Fold(table))
                let attempt = await client.send(
                    table.request(window), credentials: credentials, wallMilliseconds: now.milliseconds
                ) { element in
                    folded.withLock { $0.add(element) }
                    return true
                }
                checks.append(
                    FeedCheck(
                        attempt: attempt, metrics: table.metrics.map(\.descriptor.name),
                        masters: folded.withLock { $0.labels(of: "darktrace_master_info") }))
            }
            return checks
        case .records(let table):
            let attempt = await client.send(
                table.request(of: QueryWindow(last: .hour, before: now), at: now), credentials: credentials,
                wallMilliseconds: now.milliseconds, onElement: { _ in true })
            return [FeedCheck(attempt: attempt, metrics: table.counters.map(\.descriptor.name), masters: [])]
        }
    }
}
