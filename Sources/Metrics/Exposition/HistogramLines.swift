/// The lines of a histogram, which both formats write alike but for exemplars.
struct HistogramLines {
    private let bounds: [Double]
    private let buckets: [SampleLine]
    private let sum: SampleLine
    private let count: SampleLine

    init(_ name: String, bounds: [Double]) {
        self.bounds = bounds
        buckets = (bounds + [.infinity]).map { SampleLine("\(name)_bucket", bound: $0) }
        sum = SampleLine("\(name)_sum")
        count = SampleLine("\(name)_count")
    }

    /// Writes the cumulated buckets, then sum and count, which go together or not at all.
    func write(
        _ labels: Labels, _ distribution: HistogramValue, exemplars: Bool, totals: Bool, to bytes: inout [UInt8]
    ) {
        var cumulated = 0.0
        for (index, bucket) in buckets.enumerated() {
            cumulated += distribution.counts[index]
            let exemplar = exemplars ? exemplar(of: index, distribution) : nil
            bucket.write(labels, cumulated, exemplar, to: &bytes)
        }
        guard totals else { return }
        sum.write(labels, distribution.sum, to: &bytes)
        count.write(labels, cumulated, to: &bytes)
    }

    /// Writes the same without exemplars and with a time, in milliseconds since 1970.
    func write(_ labels: Labels, _ distribution: HistogramValue, milliseconds: Int64, to bytes: inout [UInt8]) {
        var cumulated = 0.0
        for (index, bucket) in buckets.enumerated() {
            cumulated += distribution.counts[index]
            bucket.write(labels, cumulated, milliseconds: milliseconds, to: &bytes)
        }
        sum.write(labels, distribution.sum, milliseconds: milliseconds, to: &bytes)
        count.write(labels, cumulated, milliseconds: milliseconds, to: &bytes)
    }

    /// The exemplar of a bucket, if its value lies in it as OpenMetrics demands.
    private func exemplar(of index: Int, _ distribution: HistogramValue) -> Exemplar? {
        guard index < distribution.exemplars.count, let exemplar = distribution.exemplars[index] else { return nil }
        let isAboveLower = index == 0 || exemplar.value > bounds[index - 1]
        let isUpToUpper = index == bounds.count || exemplar.value <= bounds[index]
        return isAboveLower && isUpToUpper ? exemplar : nil
    }
}
