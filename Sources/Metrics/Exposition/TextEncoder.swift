/// The Prometheus text format 0.0.4: no exemplars, units, info or state types, and the type line bears the name of
/// the samples.
struct TextEncoder: FamilyEncoder {
    private let descriptor: Descriptor
    let line: SampleLine
    private let histogram: HistogramLines?

    init(_ descriptor: Descriptor) {
        self.descriptor = descriptor
        line = SampleLine(descriptor.name)
        if case .histogram(let bounds) = descriptor.kind {
            histogram = HistogramLines(descriptor.name, bounds: bounds)
        } else {
            histogram = nil
        }
    }

    var kind: MetricType { descriptor.kind }
    var numberParts: (exemplars: Bool, created: Bool) { (false, false) }

    func writeMetadata(to bytes: inout [UInt8]) {
        if !descriptor.help.isEmpty {
            bytes.append(contentsOf: "# HELP \(descriptor.name) ".utf8)
            bytes.append(escaping: descriptor.help, quotes: false)
            bytes.append(UInt8(ascii: "\n"))
        }
        bytes.append(contentsOf: "# TYPE \(descriptor.name) \(type)\n".utf8)
    }

    func write(_ series: Series, to bytes: inout [UInt8]) {
        switch series.value {
        case .number(let value, _):
            line.write(series.labels, descriptor.kind == .info ? 1 : value, to: &bytes)
        case .histogram(let distribution):
            histogram?.write(series.labels, distribution, exemplars: false, totals: true, to: &bytes)
        }
    }

    private var type: String {
        switch descriptor.kind {
        case .counter: "counter"
        case .gauge, .info: "gauge"
        case .histogram: "histogram"
        }
    }
}
