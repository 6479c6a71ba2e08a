/// Writes a family over a stretch of time: OpenMetrics 1.0 with a time on each sample, as it is imported by
/// `promtool tsdb create-blocks-from openmetrics`.
package struct BackfillEncoder {
    private let encoder: OpenMetricsEncoder
    private let line: SampleLine
    private let histogram: HistogramLines?

    /// Prepares the lines of a counter, a gauge or a histogram.
    package init(_ descriptor: Descriptor) {
        encoder = OpenMetricsEncoder(descriptor, withCreated: false)
        line = SampleLine(descriptor.name)
        if case .histogram(let bounds) = descriptor.kind {
            histogram = HistogramLines(descriptor.name, bounds: bounds)
        } else {
            histogram = nil
        }
    }

    /// Appends the lines that begin with `#`; they come first, and once.
    package func writeMetadata(to bytes: inout [UInt8]) { encoder.writeMetadata(to: &bytes) }

    /// Appends what a series was at one time, in milliseconds since 1970, exemplars aside.
    ///
    /// All samples of one series have to follow each other, in the order of their times.
    package func write(_ series: Series, milliseconds: Int64, to bytes: inout [UInt8]) {
        switch series.value {
        case .number(let value, _): line.write(series.labels, value, milliseconds: milliseconds, to: &bytes)
        case .histogram(let distribution):
            histogram?.write(series.labels, distribution, milliseconds: milliseconds, to: &bytes)
        }
    }
}
