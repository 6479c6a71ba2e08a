import Darktrace
package import Metrics

/// One row of a gauge feed's table: a metric family and the fields that it is read from.
package struct GaugeMetric: Sendable {
    package let descriptor: Descriptor
    /// Series that exist after each successful poll, with the value 0 unless the response has another one.
    private let zeros: [[String]]
    private let combine: @Sendable (Double, Double) -> Double
    private let reader: Reader

    /// The values of the labels that follow `appliance`, and a value; nil is left out.
    package typealias Sample = (labels: [String], value: Double?)

    /// How the values are read from an object.
    enum Reader: Sendable {
        /// The value of the one series; nil is left out.
        case value(@Sendable (JSONFields) -> Double?)
        /// Any number of series.
        case samples(@Sendable (JSONFields) -> [Sample])
    }

    /// The general form of the declarations below.
    init(
        _ descriptor: Descriptor, zeros: [[String]] = [],
        combine: @escaping @Sendable (Double, Double) -> Double = (+), _ reader: Reader
    ) {
        self.descriptor = descriptor
        self.zeros = zeros
        self.combine = combine
        self.reader = reader
    }

    /// A gauge with one series.
    static func gauge(
        _ name: StaticString, _ help: StaticString, value: @escaping @Sendable (JSONFields) -> Double?
    ) -> GaugeMetric {
        GaugeMetric(Descriptor(name, .gauge, labels: ["appliance"], help: help), .value(value))
    }

    /// A gauge with a series for each sample that `samples` returns.
    ///
    /// - Parameters:
    ///   - labels: Those that follow `appliance`.
    ///   - zeros: Their values for the series that always exist.
    ///   - combine: How values of equal labels are folded over the elements of a list.
    static func gauge(
        _ name: StaticString, _ help: StaticString, labels: [StaticString], zeros: [[String]] = [],
        combine: @escaping @Sendable (Double, Double) -> Double = (+),
        samples: @escaping @Sendable (JSONFields) -> [Sample]
    ) -> GaugeMetric {
        GaugeMetric(
            Descriptor(name, .gauge, labels: ["appliance"] + labels, help: help), zeros: zeros, combine: combine,
            .samples(samples))
    }

    /// An info family: `labels` returns the label values of each series; a value that is unknown is empty.
    static func info(
        _ name: StaticString, _ help: StaticString, labels: [StaticString],
        values: @escaping @Sendable (JSONFields) -> [[String?]]
    ) -> GaugeMetric {
        GaugeMetric(
            Descriptor(name, .info, labels: ["appliance"] + labels, help: help), combine: { $1 },
            .samples { fields in values(fields).map { ($0.map { $0 ?? "" }, 1) } })
    }

    /// The values of a response without elements.
    var initialValues: GaugeValues {
        zeros.reduce(into: .none) { values, labels in values.add(labels, 0) { first, _ in first } }
    }

    /// The values of one object, or of one element of a list.
    func values(of fields: JSONFields) -> GaugeValues {
        switch reader {
        case .value(let read): return read(fields).map(GaugeValues.one) ?? .none
        case .samples(let read):
            return read(fields).reduce(into: .none) { values, sample in
                if let value = sample.value { values.add(sample.labels, value, combine) }
            }
        }
    }

    /// Adds the values of an element.
    func fold(_ element: GaugeValues, into values: inout GaugeValues) { values.add(element, combine) }

    /// Whether these values show that a field of the response is known: an info family may consist of nothing else.
    func isKnown(_ values: GaugeValues) -> Bool {
        descriptor.kind == .info ? values.labels.contains { $0.contains { !$0.isEmpty } } : !values.isEmpty
    }

    /// The family of these values; nil without any.
    ///
    /// Values change at every poll and labels rarely: they are rendered and sorted once, not at every poll.
    ///
    /// - Parameter last: The family of the last poll.
    func family(of appliance: Labels, _ values: GaugeValues, after last: MetricFamily?) -> MetricFamily? {
        let names = descriptor.labelNames.dropFirst()
        var last = last
        let series: [Series]
        switch values {
        case .none: return nil
        case .one(let value):
            if last?.tables[0].replaceNumber(appliance, by: value) == true { return last }
            series = [Series(appliance, .number(value))]
        case .byLabels(let values):
            guard !values.isEmpty else { return nil }
            if last?.tables[0].replaceNumbers(appliance, names: names, values: values) == true { return last }
            series = values.map { Series(Labels(appliance, names, $0), .number($1)) }
        }
        return MetricFamily(descriptor, SeriesTable(sorting: series))
    }
}

/// What one object of a response says, by the rows of the table.
struct GaugeReading: Sendable {
    let values: [GaugeValues]
    let truncations: [Truncation]
    let unreadable: UnreadableFields

    /// Nil if none of the fields is known.
    init?(_ fields: JSONFields, _ metrics: [GaugeMetric]) {
        values = metrics.map { $0.values(of: fields) }
        guard zip(metrics, values).contains(where: { $0.isKnown($1) }) else { return nil }
        truncations = fields.truncated.sorted { $0.key < $1.key }.map {
            Truncation($0.key, count: $0.value.count, limit: $0.value.limit)
        }
        unreadable = fields.unreadable
    }
}

/// Something that a response has more of than is exposed.
package struct Truncation: Sendable, Equatable {
    /// A plural, such as `probes`.
    package let part: String
    package let count: Int
    package let limit: Int

    package init(_ part: String, count: Int, limit: Int) {
        self.part = part
        self.count = count
        self.limit = limit
    }
}
