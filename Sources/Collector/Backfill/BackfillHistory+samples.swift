import Darktrace
package import Metrics

extension BackfillHistory {
    /// The families that the past can be told of.
    package static let families = [BreachMetrics.modelBreaches, BreachMetrics.score, BreachMetrics.creationDelay]

    /// Tells a family: series after series, each sample with its time in milliseconds since 1970.
    ///
    /// A series begins with a 0 just before its first breach. After a ledger's start it begins anew at 0, there if it
    /// was told before.
    ///
    /// - Parameter labels: What every series has besides its own labels.
    package mutating func writeSamples<Failure: Error>(
        _ family: Descriptor, labels: [(name: String, value: String)],
        _ sample: (Series, Int64) throws(Failure) -> Void
    ) throws(Failure) {
        let teller = SampleWriter(family, appliance, labels)
        switch family.kind {
        case .histogram(let bounds) where family == BreachMetrics.score:
            sortByTime()
            for category in Category.allCases {
                let found = points.filter { !$0.score.isNaN && series[Int($0.series)].category == category }
                try teller.writeSamples(found[...], stretch, [category.rawValue], .zero(bounds), sample) {
                    value, moment in
                    value.observe(moment.score, bounds)
                }
            }
        case .histogram(let bounds):
            sortByTime()
            let found = points.filter { $0.delay != BreachPoint.unknown }
            try teller.writeSamples(found[...], stretch, [], .zero(bounds), sample) { value, moment in
                value.observe(Double(moment.delay) / 1_000, bounds)
            }
        default:
            sortBySeries()
            var rest = points[...]
            while let first = rest.first {
                let found = rest.prefix { $0.series == first.series }
                let key = series[Int(first.series)]
                try teller.writeSamples(
                    found, stretch, [key.model.text, key.category.rawValue], CounterAccumulator(), sample
                ) { value, _ in
                    value.number += 1
                }
                rest = rest[found.endIndex...]
            }
        }
    }
}

/// Something that adds up breaches.
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

    /// The sum is told a trace too low: the live one is added up in another order, and where it goes on from this one
    /// a digit less at its end would read as a reset.
    var value: Series.Value {
        var told = distribution
        let low = told.sum * (1 - 1e-9)
        told.sum = low < 1e9 ? (low * 1e6).rounded(.down) / 1e6 : low
        return .histogram(told)
    }
}

extension Accumulator where Self == HistogramAccumulator {
    fileprivate static func zero(_ bounds: [Double]) -> HistogramAccumulator { HistogramAccumulator.zero(bounds) }
}

/// Tells the series of one family, one at a time.
private struct SampleWriter {
    private let family: Descriptor
    private let appliance: String
    private let extra: [(name: String, value: String)]

    init(_ family: Descriptor, _ appliance: String, _ extra: [(name: String, value: String)]) {
        self.family = family
        self.appliance = appliance
        self.extra = extra
    }

    /// - Parameters:
    ///   - moments: Those of one series, in the order of their times.
    ///   - values: Of the labels after `appliance`.
    func writeSamples<Sum: Accumulator, Failure: Error>(
        _ moments: ArraySlice<BackfillHistory.BreachPoint>, _ stretch: BackfillRange, _ values: [String], _ zero: Sum,
        _ sample: (Series, Int64) throws(Failure) -> Void, add: (inout Sum, BackfillHistory.BreachPoint) -> Void
    ) throws(Failure) {
        let labels = Labels(
            family.labelNames + extra.map(\.name), [appliance] + values + extra.map(\.value))
        var next = moments.startIndex
        var isKnown = false
        for part in stretch.parts {
            let first = next < moments.endIndex && part.contains(moments[next].time) ? moments[next].time : nil
            guard var time = isKnown ? part.start : first.map(part.zero) else { continue }
            isKnown = true
            var sum = zero
            while true {
                while next < moments.endIndex, part.contains(moments[next].time),
                    moments[next].time < time || time == part.last
                {
                    add(&sum, moments[next])
                    next += 1
                }
                try sample(Series(labels, sum.value), time)
                if time >= part.last { break }
                time = part.next(after: time)
            }
        }
    }
}
