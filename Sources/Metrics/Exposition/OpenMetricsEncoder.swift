/// OpenMetrics 1.0: the metadata bear the family's name, which lacks the suffix of its samples.
struct OpenMetricsEncoder: FamilyEncoder {
    private let descriptor: Descriptor
    private let line: SampleLine
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
        case .stateSet: "stateset"
        case .unknown: "unknown"
        }
    }
}
