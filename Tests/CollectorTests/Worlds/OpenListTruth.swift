import Collector
import Darktrace

/// The open breaches as a poll must expose them, from the parts of the list that were delivered: each is true at its
/// own time.
struct OpenListTruth {
    private var parts: [(start: Int64, end: Int64)] = []
    private var breaches: [BreachIdentity: Category] = [:]
    /// In milliseconds.
    private let window: Int64

    init(windowSeconds: Double) { window = Int64(windowSeconds * 1_000) }

    private struct BreachIdentity: Hashable {
        let id, time: Int64
    }

    /// Takes a part of the list.
    ///
    /// - Returns: What is true when it was the last one.
    mutating func add(_ query: ModelAppliance.Query, _ found: [Breach]) -> [String: Double]? {
        if parts.last?.end != query.start { (parts, breaches) = ([], [:]) }
        parts.append((query.start, query.end))
        for breach in found where breach.isReadable {
            breaches[BreachIdentity(id: breach.id, time: breach.time)] = Category(rawValue: breach.countedCategory)
        }
        guard let start = parts.first?.start, query.end - start >= window else { return nil }
        defer { (parts, breaches) = ([], [:]) }
        return values
    }

    private var values: [String: Double] {
        var values: [String: Double] = [:]
        for category in Category.allCases {
            let times = breaches.filter { $0.value == category }.map(\.key.time)
            values["darktrace_model_breaches_unacknowledged{\(category.rawValue)}"] = Double(times.count)
            guard let oldest = times.min() else { continue }
            values["darktrace_model_breach_oldest_unacknowledged_timestamp_seconds{\(category.rawValue)}"] =
                Double(oldest) / 1_000
        }
        return values
    }
}
