/// OpenMetrics 1.0: the metadata bear the family's name, which lacks the suffix of its samples.
struct OpenMetricsEncoder: FamilyEncoder {
    private let descriptor: Descriptor
    let line: SampleLine
    private let createdLine: SampleLine?
    private let histogram: HistogramLines?
    /// With buckets below zero a sum may fall, and then neither it nor the count may be written.
    private let hasTotals: Bool

    init(_ descriptor: Descriptor, withCreated: Bool) {
        self.descriptor = descriptor
        line = SampleLine(descriptor.name)
        if case .histogram(let bounds) = descriptor.kind {
            histogram = HistogramLines(descriptor.name, bounds: bounds)
            hasTotals = (bounds.first ?? 0) >= 0
        } else {
            histogram = nil
            hasTotals = false
        }
        let hasCreated = withCreated && (descriptor.kind == .counter || histogram != nil)
        createdLine = hasCreated ? SampleLine("\(descriptor.familyName)_created") : nil
    }

    var kind: MetricType { descriptor.kind }
    var numberParts: (exemplars: Bool, created: Bool) { (descriptor.kind == .counter, createdLine != nil) }

    func writeMetadata(to bytes: inout [UInt8]) {
        let name = descriptor.familyName
        bytes.append(contentsOf: "# TYPE \(name) \(type)\n".utf8)
        if let unit = descriptor.unit { bytes.append(contentsOf: "# UNIT \(name) \(unit)\n".utf8) }
        if !descriptor.help.isEmpty {
            bytes.append(contentsOf: "# HELP \(name) ".utf8)
            bytes.append(escaping: descriptor.help, quotes: true)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    func write(_ series: Series, to bytes: inout [UInt8]) {
        switch series.value {
        case .number(let value, let exemplar):
            if let exemplar, descriptor.kind == .counter {
                line.write(series.labels, value, exemplar, to: &bytes)
            } else {
                line.write(series.labels, descriptor.kind == .info ? 1 : value, to: &bytes)
            }
        case .histogram(let distribution):
            histogram?.write(series.labels, distribution, exemplars: true, totals: hasTotals, to: &bytes)
        }
        if let createdLine, let created = series.created, created.isFinite, created >= 0 {
            createdLine.write(series.labels, created, to: &bytes)
        }
    }

    private var type: String {
        switch descriptor.kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        case .info: "info"
        }
    }
}

/// Writes OpenMetrics 1.0 with a time stamp on each sample, for `promtool tsdb create-blocks-from openmetrics`.
package struct BackfillEncoder {
    private let encoder: OpenMetricsEncoder
    private let line: SampleLine
    private let histogram: HistogramLines?

    /// Creates the encoder of one family.
    package init(_ descriptor: Descriptor) {
        encoder = OpenMetricsEncoder(descriptor, withCreated: false)
        line = SampleLine(descriptor.name)
        if case .histogram(let bounds) = descriptor.kind {
            histogram = HistogramLines(descriptor.name, bounds: bounds)
        } else {
            histogram = nil
        }
    }

    /// Appends the lines that begin with `#`; call this once, before `write`.
    package func writeMetadata(to bytes: inout [UInt8]) { encoder.writeMetadata(to: &bytes) }

    /// Appends the value of a series at one time, in milliseconds since 1970, without exemplars.
    ///
    /// All samples of one series must be written one after another, in the order of their times.
    package func write(_ series: Series, milliseconds: Int64, to bytes: inout [UInt8]) {
        switch series.value {
        case .number(let value, _): line.write(series.labels, value, milliseconds: milliseconds, to: &bytes)
        case .histogram(let distribution):
            histogram?.write(series.labels, distribution, milliseconds: milliseconds, to: &bytes)
        }
    }
}
