import Darktrace
import Metrics

/// A metric that the appliance, its probes and the masters of a Unified View have alike, read from the same fields.
struct SystemMetric: Sendable {
    private let kind: MetricType
    private let suffix: StaticString
    private let help: StaticString
    private let labels: [StaticString]
    private let reader: Reader

    /// How the values are read from the fields of a machine.
    private enum Reader: Sendable {
        case value(@Sendable (JSONFields) -> Double?)
        case samples(@Sendable (JSONFields, Subject) -> [GaugeMetric.Sample])
    }

    /// A machine that `/status` reports on.
    struct Subject: Sendable {
        /// How the names of its families begin.
        let prefix: StaticString
        /// What help texts call it.
        let noun: StaticString
        /// The labels that tell machines of this kind from each other.
        let labels: [StaticString]
        /// The number of interfaces, mounts, licences and protocols that are exposed of each machine.
        let limits: Limits
        /// The machines of this kind in a response; nil if the response itself is about the machine.
        var machines: (@Sendable (JSONFields) -> [JSONFields.Row])?
    }

    struct Limits: Sendable {
        let interfaces, mounts, licenses, protocols: Int
    }

    /// - Parameters:
    ///   - suffix: Follows the prefix of the subject.
    ///   - help: With `{}` in place of the subject.
    init(
        _ suffix: StaticString, _ help: StaticString, kind: MetricType = .gauge, labels: [StaticString],
        samples: @escaping @Sendable (JSONFields, Subject) -> [GaugeMetric.Sample]
    ) {
        self.kind = kind
        self.suffix = suffix
        self.help = help
        self.labels = labels
        reader = .samples(samples)
    }

    /// One series for each machine.
    init(
        _ suffix: StaticString, _ help: StaticString, kind: MetricType = .gauge,
        value: @escaping @Sendable (JSONFields) -> Double?
    ) {
        self.kind = kind
        self.suffix = suffix
        self.help = help
        labels = []
        reader = .value(value)
    }

    /// The metric of one kind of machine.
    func metric(of subject: Subject) -> GaugeMetric {
        let descriptor = Descriptor(
            prefix: subject.prefix, suffix, kind, labels: ["appliance"] + subject.labels + labels, help: help,
            subject: subject.noun)
        switch (reader, subject.machines) {
        case (.value(let value), nil): return GaugeMetric(descriptor, .value(value))
        case (.samples(let samples), nil): return GaugeMetric(descriptor, .samples { samples($0, subject) })
        case (.value(let value), let machines?):
            return GaugeMetric(
                descriptor, .samples { machines($0).map { labels, machine in (labels, value(machine)) } })
        case (.samples(let samples), let machines?):
            return GaugeMetric(
                descriptor,
                .samples { response in
                    machines(response).flatMap { labels, machine in
                        samples(machine, subject).map { (labels + $0.labels, $0.value) }
                    }
                })
        }
    }
}

extension JSONFields {
    /// The first elements up to the limit of one machine.
    func limit<Element>(
        _ elements: [Element], of part: String, to limit: KeyPath<SystemMetric.Limits, Int>,
        _ subject: SystemMetric.Subject
    ) -> [Element] {
        let part = subject.labels.isEmpty ? part : "\(part) of \(subject.noun)"
        return self.limit(elements, of: part, to: subject.limits[keyPath: limit])
    }
}
