import Darktrace
import Ledger
package import Metrics

extension BackfillHistory {
    /// The families that backfill writes.
    package static let families = [
        BreachMetrics.modelBreaches, BreachMetrics.modelBreachesByCategory, BreachMetrics.score,
        BreachMetrics.creationDelay,
    ]

    /// Writes a family one series after another, each sample with its time in milliseconds since 1970.
    ///
    /// A series starts with a 0 just before its first breach. It restarts from 0 at the start of the live ledger.
    ///
    /// - Parameter labels: Labels that every series has in addition to its own.
    package mutating func writeSamples<Failure: Error>(
        _ family: Descriptor, labels: [(name: String, value: String)],
        _ sample: (Series, Int64) throws(Failure) -> Void
    ) throws(Failure) {
        let writer = SampleWriter(family, appliance, labels)
        switch family.kind {
        case .histogram(let bounds) where family == BreachMetrics.score:
            sortByTime()
            for category in Category.allCases {
                let found = points.filter { !$0.score.isNaN && series[Int($0.series)].category == category }
                try writer.writeSamples(found[...], range, [category.rawValue], .zero(bounds), sample) {
                    value, point in
                    value.observe(point.score, bounds)
                }
            }
        case .histogram(let bounds):
            sortByTime()
            let found = points.filter { $0.delay != BreachPoint.unknown }
            try writer.writeSamples(found[...], range, [], .zero(bounds), sample) { value, point in
                value.observe(Double(point.delay) / 1_000, bounds)
            }
        case .counter where family == BreachMetrics.modelBreachesByCategory:
            sortByTime()
            for category in Category.allCases {
                let found = points.filter { series[Int($0.series)].category == category }
                try writer.writeSamples(found[...], range, [category.rawValue], CounterAccumulator(), sample) {
                    value, _ in
                    value.number += 1
                }
            }
        default:
            sortBySeries()
            var rest = points[...]
            while let first = rest.first {
                let found = rest.prefix { $0.series == first.series }
                let key = series[Int(first.series)]
                try writer.writeSamples(
                    found, range, [key.model.text, key.category.rawValue], CounterAccumulator(), sample
                ) { value, _ in
                    value.number += 1
                }
                rest = rest[found.endIndex...]
            }
        }
    }
}

/// Adds up breaches to the value of a sample.
private protocol Accumulator {
    var value: Series.Value { get }
}

private struct CounterAccumulator: Accumulator {
    var number = 0.0
    var value: Series.Value { .number(number) }
}

private struct HistogramAccumulator: Accumulator {
    private var distribution: HistogramValue

    static func zero(_ bounds: [Double]) -> HistogramAccumulator {
        HistogramAccumulator(distribution: HistogramValue(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
    }

    mutating func observe(_ value: Double, _ bounds: [Double]) {
        distribution.counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        distribution.sum += value
    }

    /// The sum is slightly too low on purpose: the live counter adds in another order, and where it continues this
    /// series, a last digit below would look like a counter reset.
    var value: Series.Value {
        var exposed = distribution
        let low = exposed.sum * (1 - 1e-9)
        exposed.sum = low < 1e9 ? (low * 1e6).rounded(.down) / 1e6 : low
        return .histogram(exposed)
    }
}

extension Accumulator where Self == HistogramAccumulator {
    fileprivate static func zero(_ bounds: [Double]) -> HistogramAccumulator { HistogramAccumulator.zero(bounds) }
}

/// Writes the series of one family, one at a time.
private struct SampleWriter {
    private let family: Descriptor
    private let appliance: String
    private let extraLabels: [(name: String, value: String)]

    init(_ family: Descriptor, _ appliance: String, _ extra: [(name: String, value: String)]) {
        self.family = family
        self.appliance = appliance
        self.extraLabels = extra
    }

    /// - Parameters:
    ///   - points: The breaches of one series, sorted by time.
    ///   - values: The label values after `appliance`.
    func writeSamples<Sum: Accumulator, Failure: Error>(
        _ points: ArraySlice<BackfillHistory.BreachPoint>, _ range: BackfillRange, _ values: [String], _ zero: Sum,
        _ sample: (Series, Int64) throws(Failure) -> Void, add: (inout Sum, BackfillHistory.BreachPoint) -> Void
    ) throws(Failure) {
        let labels = Labels(
            family.labelNames + extraLabels.map(\.name), [appliance] + values + extraLabels.map(\.value))
        var next = points.startIndex
        var hasStarted = false
        for part in range.parts {
            let first = next < points.endIndex && part.contains(points[next].time) ? points[next].time : nil
            guard var time = hasStarted ? part.start : first.map(part.zero) else { continue }
            hasStarted = true
            var sum = zero
            while true {
                while next < points.endIndex, part.contains(points[next].time),
                    points[next].time < time || time == part.last
                {
                    add(&sum, points[next])
                    next += 1
                }
                try sample(Series(labels, sum.value), time)
                if time >= part.last { break }
                time = part.next(after: time)
            }
        }
    }
}
