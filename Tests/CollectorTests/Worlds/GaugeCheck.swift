import Collector
import Metrics

/// Compares the gauges of one request with the truth at the time of its last response, and checks that they go away
/// when that is long ago.
final class GaugeCheck: @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    private let names: Set<String>
    /// In nanoseconds: what is younger is exposed, what is older is not.
    private let (shortest, longest): (Int64, Int64)
    /// What the last response makes true, and when it came, in nanoseconds of the loop.
    private var truth: (values: [String: Double], instant: Int64)?
    private var exposed: [String: Double] = [:]
    private(set) var violations: [String] = []
    /// How often something was compared.
    private(set) var comparisons = 0

    /// A poll may wait this long for its next request before it notices what has become stale.
    private static let patience: Int64 = 240_000_000_000

    /// - Parameters:
    ///   - interval: Of the feed, in seconds.
    ///   - pollInterval: Of model breaches; an appliance that is silent for three of them makes everything stale.
    init(_ names: Set<String>, interval: Double, pollInterval: Double) {
        self.names = names
        shortest = Int64(3e9 * min(interval, pollInterval))
        longest = Int64(3e9 * interval) + Self.patience
    }

    /// The polls of this process begin: it knows nothing.
    func restart() {
        truth = nil
        exposed = [:]
    }

    /// A response arrived that makes these values true.
    func deliver(_ values: [String: Double], at instant: Int64) { truth = (values, instant) }

    func publish(_ families: [MetricFamily], at instant: Int64) {
        exposed = families.filter { names.contains($0.descriptor.name) }.exposedValues
        if !exposed.isEmpty { comparisons += 1 }
        guard let truth else {
            if !exposed.isEmpty { violations.append("\(exposed) is exposed, and nothing was received") }
            return
        }
        if exposed.isEmpty {
            if !truth.values.isEmpty, instant - truth.instant < shortest {
                violations.append("\(truth.values) was received \((instant - truth.instant) / 1_000_000_000) s ago")
            }
        } else if exposed != truth.values {
            violations.append("\(Self.difference(exposed, truth.values)) at \(instant / 1_000_000_000)")
        }
    }

    /// Something else happened: what is exposed is not stale.
    func look(at instant: Int64) {
        guard !exposed.isEmpty, let truth, instant - truth.instant > longest else { return }
        violations.append("\(names.sorted()) are \((instant - truth.instant) / 1_000_000_000) s old")
        exposed = [:]
    }

    private static func difference(_ exposed: [String: Double], _ truth: [String: Double]) -> String {
        Set(exposed.keys).union(truth.keys).sorted().filter { exposed[$0] != truth[$0] }.map {
            "\($0) is \(exposed[$0].map { "\($0)" } ?? "absent"), true is \(truth[$0].map { "\($0)" } ?? "absent")"
        }.joined(separator: ", ")
    }
}
