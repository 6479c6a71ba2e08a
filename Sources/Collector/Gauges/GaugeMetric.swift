import Darktrace
package import Metrics

/// One row of a gauge feed's table: a metric family and the fields that it is read from.
package struct GaugeMetric: Sendable {
    package let descriptor: Descriptor
    /// Series that exist after each successful poll, with the value 0 unless the response has another one.
    private let zeros: [[String]]
    private let combine: @Sendable (Double, Double) -> Double
    private let read: @Sendable (JSONFields) -> [Sample]

    /// The values of the labels that follow `appliance`, and a value; nil is left out.
    package typealias Sample = (labels: [String], value: Double?)

    /// The general form of the declarations below.
    init(
        _ descriptor: Descriptor, zeros: [[String]] = [],
        combine: @escaping @Sendable (Double, Double) -> Double = (+),
        read: @escaping @Sendable (JSONFields) -> [Sample]
    ) {
        self.descriptor = descriptor
        self.zeros = zeros
        self.combine = combine
        self.read = read
    }

    /// A gauge with one series.
    static func gauge(
        _ name: StaticString, _ help: StaticString, value: @escaping @Sendable (JSONFields) -> Double?
    ) -> GaugeMetric {
        GaugeMetric(Descriptor(name, .gauge, labels: ["appliance"], help: help), zeros: [], combine: +) {
            [([], value($0))]
        }
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
            read: samples)
    }

    /// An info family: `labels` returns the label values of each series; a value that is unknown is empty.
    static func info(
        _ name: StaticString, _ help: StaticString, labels: [StaticString],
        values: @escaping @Sendable (JSONFields) -> [[String?]]
    ) -> GaugeMetric {
        GaugeMetric(
            Descriptor(name, .info, labels: ["appliance"] + labels, help: help), zeros: [], combine: { $1 }
        ) { fields in values(fields).map { ($0.map { $0 ?? "" }, 1) } }
    }

    /// The values that a list adds up over its elements, by label values.
    typealias Values = [[String]: Double]

    /// The values of a response without elements.
    var initialValues: Values { zeros.isEmpty ? [:] : Dictionary(zeros.map { ($0, 0) }) { first, _ in first } }

    /// The values of one object, or of one element of a list.
    func values(of fields: JSONFields) -> Values {
        let samples = read(fields)
        var values: Values = [:]
        if samples.count > 1 { values.reserveCapacity(samples.count) }
        for case (let labels, let value?) in samples { fold(labels, value, into: &values) }
        return values
    }

    /// Adds the values of an element.
    func fold(_ element: Values, into values: inout Values) {
        guard !values.isEmpty else { return values = element }
        for (labels, value) in element { fold(labels, value, into: &values) }
    }

    private func fold(_ labels: [String], _ value: Double, into values: inout Values) {
        if let known = values.updateValue(value, forKey: labels) { values[labels] = combine(known, value) }
    }

    /// Whether these values show that a field of the response is known: an info family may consist of nothing else.
    func isKnown(_ values: Values) -> Bool {
        descriptor.kind == .info ? values.keys.contains { $0.contains { !$0.isEmpty } } : !values.isEmpty
    }

    /// The family of these values; nil without any.
    ///
    /// Values change at every poll and labels rarely: they are rendered and sorted once, not at every poll.
    ///
    /// - Parameter last: The family of the last poll.
    func family(of appliance: Labels, _ values: Values, after last: MetricFamily?) -> MetricFamily? {
        guard !values.isEmpty else { return nil }
        let names = descriptor.labelNames.dropFirst()
        if var family = last, family.tables[0].replaceNumbers(appliance, names: names, values: values) { return family }
        let series = values.map { Series(Labels(appliance, names, $0), .number($1)) }
        return MetricFamily(descriptor, SeriesTable(sorting: series))
    }
}

/// What one object of a response says, by the rows of the table.
struct GaugeReading: Sendable {
    let values: [GaugeMetric.Values]
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
