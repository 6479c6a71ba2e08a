import Collector
import Metrics

/// Compares the counters of a feed with the truth, and checks that they never fall and never disappear once a process
/// exposes them.
final class CounterCheck: @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    let feed: FeedKind
    private let counters: Set<String>
    /// What is exposed, by name and the labels that follow `appliance`.
    private(set) var exposed: [String: Double] = [:]
    private(set) var violations: [String] = []

    /// What each series may stand at when everything is counted; under a name without labels the sum of its series.
    typealias Expected = [String: ClosedRange<Double>]

    init(_ feed: FeedKind) {
        self.feed = feed
        counters = Set(
            feed.sections.flatMap(\.families).filter { $0.kind == .counter || $0.isHistogram }.map(\.name))
    }

    func publish(_ families: [MetricFamily]) {
        let families = families.filter { counters.contains($0.descriptor.name) }
        let values = families.exposedValues.merging(families.exposedObservations) { one, _ in one }
        for (series, before) in exposed where before > values[series] ?? -1 {
            violations.append("\(series) fell from \(before) to \(values[series].map { "\($0)" } ?? "nothing")")
        }
        exposed = values
    }

    func differences(from expected: Expected) -> [String] {
        var values = exposed.filter { $0.value != 0 }
        for sum in expected.keys where !sum.contains("{") {
            values[sum] = values.reduce(0) { $1.key.hasPrefix(sum + "{") ? $0 + $1.value : $0 }
        }
        return Set(expected.keys).union(values.keys).sorted().compactMap { series in
            let (truth, value) = (expected[series] ?? 0...0, values[series] ?? 0)
            return truth.contains(value) ? nil : "\(series) is \(value), true is \(truth)"
        }
    }
}

extension Descriptor {
    fileprivate var isHistogram: Bool { if case .histogram = kind { true } else { false } }
}
