package import Darktrace

/// Everything that is polled of an appliance, in the order of importance; its raw value is the label `feed`.
///
/// A new endpoint is a case here, with its source and its interval; nothing else of the collector, of the exporter's
/// own metrics or of `check` has to know it.
package enum FeedKind: String, Sendable, CaseIterable {
    case modelBreaches = "modelbreaches"
    case status

    /// How the endpoint is asked and shown if it tells how things stand now; nil for what is counted in the ledger.
    var source: (any GaugeEndpoint.Type)? {
        switch self {
        case .modelBreaches: nil
        case .status: StatusEndpoint.self
        }
    }

    package var priority: FeedPriority { isCounted ? .primary : .secondary }

    /// What is counted has to succeed; what only tells how things stand may be refused for good.
    package var isCounted: Bool { source == nil }

    /// The label `path` of its requests.
    package var path: String {
        func path<Source: GaugeEndpoint>(_: Source.Type) -> String { Source.request.path }
        return source.map { path($0) } ?? ModelBreachesRequest.path
    }

    /// Asks for a state once, to see whether it may be read; nil for what is counted.
    package func ask(_ client: Client, credentials: Credentials, wallMilliseconds: Int64) async -> Attempt? {
        func ask<Source: GaugeEndpoint>(_: Source.Type) async -> Attempt {
            await client.send(
                Source.request, credentials: credentials, wallMilliseconds: wallMilliseconds, onElement: { _ in true })
        }
        guard let source else { return nil }
        return await ask(source)
    }
}
