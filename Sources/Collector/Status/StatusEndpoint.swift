import Darktrace
import Metrics

/// `/status`: the appliance's own state, its probes, and the masters of a Unified View.
enum StatusEndpoint: GaugeEndpoint {
    static let request = StatusRequest()

    static func families(of appliance: String, _ status: Status) -> [MetricFamily] {
        StatusMapping(of: appliance, status).families
    }

    static func truncations(of status: Status) -> [Truncation] {
        status.dropped.sorted { $0.key.rawValue < $1.key.rawValue }.map { part, count in
            Truncation(part.rawValue, count: count, limit: part.limit)
        }
    }
}
