import Darktrace
import Metrics

/// `/status`: the appliance's own state, its probes, and the masters of a Unified View.
enum StatusSource: StateSource {
    static let question = StatusRequest()

    static func families(of appliance: String, _ status: Status) -> [Family] {
        StatusFamilies(of: appliance, status).families
    }

    static func surplus(of status: Status) -> [Surplus] {
        status.dropped.sorted { $0.key.rawValue < $1.key.rawValue }.map { part, count in
            Surplus(part.rawValue, count: count, limit: part.limit)
        }
    }
}
