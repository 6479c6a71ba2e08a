import Darktrace
package import Metrics

extension Chronicle {
    /// The families that the past can be told of.
    package static let families = [LedgerFamily.modelBreaches, LedgerFamily.score, LedgerFamily.creationDelay]

    /// Tells a family: series after series, each sample with its time in milliseconds since 1970.
    ///
    /// A series begins with a 0 just before its first breach. After a ledger's start it begins anew at 0, there if it
    /// was told before.
    ///
    /// - Parameter labels: What every series has besides its own labels.
    package mutating func tell<Failure: Error>(
        _ family: Descriptor, labels: [(name: String, value: String)],
        _ sample: (Series, Int64) throws(Failure) -> Void
    ) throws(Failure) {
        let teller = Teller(family, appliance, labels)
        switch family.kind {
        case .histogram(let bounds) where family == LedgerFamily.score:
            sortByTime()
            for category in Category.allCases {
                let found = moments.filter { !$0.score.isNaN && series[Int($0.series)].category == category }
                try teller.tell(found[...], stretch, [category.rawValue], .zero(bounds), sample) { value, moment in
                    value.observe(moment.score, bounds)
                }
            }
        case .histogram(let bounds):
            sortByTime()
            let found = moments.filter { $0.delay != Moment.unknown }
            try teller.tell(found[...], stretch, [], .zero(bounds), sample) { value, moment in
                value.observe(Double(moment.delay) / 1_000, bounds)
            }
        default:
            sortBySeries()
            var rest = moments[...]
            while let first = rest.first {
                let found = rest.prefix { $0.series == first.series }
                let key = series[Int(first.series)]
                try teller.tell(found, stretch, [key.model.text, key.category.rawValue], Count(), sample) { value, _ in
                    value.number += 1
                }
                rest = rest[found.endIndex...]
            }
        }
    }
}

/// Something that adds up breaches.
private protocol Counting {
    var value: Series.Value { get }
}

private struct Count: Counting {
    var number = 0.0
    var value: Series.Value { .number(number) }
}

private struct Observed: Counting {
    private var distribution: Distribution

    static func zero(_ bounds: [Double]) -> Observed {
        Observed(distribution: Distribution(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
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

extension Counting where Self == Observed {
    fileprivate static func zero(_ bounds: [Double]) -> Observed { Observed.zero(bounds) }
}

/// Tells the series of one family, one at a time.
private struct Teller {
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
    func tell<Sum: Counting, Failure: Error>(
        _ moments: ArraySlice<Chronicle.Moment>, _ stretch: Stretch, _ values: [String], _ zero: Sum,
        _ sample: (Series, Int64) throws(Failure) -> Void, add: (inout Sum, Chronicle.Moment) -> Void
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
