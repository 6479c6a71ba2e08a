import Metrics

/// Collects the series of a state, family by family: what is not known makes none.
struct GaugeBuilder {
    private var series: [Descriptor: [Series]] = [:]
    private let appliance: String

    init(appliance: String) { self.appliance = appliance }

    /// A value with the labels that follow `appliance`; nil is left out.
    mutating func set(_ descriptor: Descriptor, _ labels: String..., to value: Double?) {
        add(descriptor, labels, value)
    }

    /// 1 for true, 0 for false.
    mutating func set(_ descriptor: Descriptor, _ labels: String..., to value: Bool?) {
        add(descriptor, labels, value.map { $0 ? 1 : 0 })
    }

    /// A time in milliseconds since 1970, shown in seconds.
    mutating func set(_ descriptor: Descriptor, _ labels: String..., toTime milliseconds: Int64?) {
        add(descriptor, labels, milliseconds.map { Double($0) / 1_000 })
    }

    private mutating func add(_ descriptor: Descriptor, _ labels: [String], _ value: Double?) {
        guard let value else { return }
        series[descriptor, default: []].append(
            Series(Labels(descriptor.labelNames, [appliance] + labels), .number(value)))
    }

    /// The families that have a series, each with its series in order.
    var families: [MetricFamily] {
        series.map { descriptor, series in MetricFamily(descriptor, SeriesTable(series).sorted()) }
    }
}
