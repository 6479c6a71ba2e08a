import Metrics
import TestSupport

/// Families as hostile as their types allow, and what a parser must read in them.
struct RandomFamilies {
    private(set) var families: [MetricFamily] = []
    private(set) var expected: [ParsedFamily] = []

    /// Without a quote: prometheus_client 0.26 loses count of escaped quotes in an exemplar's labels.
    private static let pbid = "1 {}\\,=#"

    init(using generator: inout SeededRNG) {
        for number in 0..<Int.random(in: 0...6, using: &generator) {
            let name = "m\(number)" + (["", "_seconds", "_bytes"].randomElement(using: &generator) ?? "")
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: add(name, .counter, "counter", "_total", using: &generator)
            case 1: add(name, .gauge, "gauge", "", using: &generator)
            case 2: add(name, .info, "info", "_info", using: &generator)
            default: addHistogram(name, using: &generator)
            }
        }
    }

    private mutating func add(
        _ name: String, _ kind: MetricType, _ type: String, _ suffix: String, using generator: inout SeededRNG
    ) {
        let labels = Array(["l", "m", "z"].prefix(Int.random(in: 0...3, using: &generator)))
        guard let descriptor = make(name + suffix, kind, labels, &generator) else { return }
        var series: [Series] = []
        var samples: [ParsedSample] = []
        for values in distinctValues(labels.count, &generator) {
            let value = number(of: kind, &generator)
            var exemplar: Exemplar?
            if kind == .counter, Bool.random(using: &generator) {
                exemplar = Exemplar(labels: Labels(["pbid"], [Self.pbid]), value: 0.5, timestamp: 1.25)
            }
            series.append(Series(Labels(labels, values), .number(value, exemplar)))
            samples.append(
                ParsedSample(
                    name: name + suffix, labels: Dictionary(uniqueKeysWithValues: zip(labels, values)),
                    value: python(value),
                    exemplar: exemplar.map { _ in
                        ParsedExemplar(labels: ["pbid": Self.pbid], value: "0.5", timestamp: 1.25)
                    }))
        }
        families.append(MetricFamily(descriptor, series))
        expected.append(
            ParsedFamily(name: name, type: type, unit: descriptor.unit ?? "", help: descriptor.help, samples: samples))
    }

    private mutating func addHistogram(_ name: String, using generator: inout SeededRNG) {
        let bounds = Set(
            (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                Double.random(in: 0...1, using: &generator) * [1, 1e3, 1e9][Int.random(in: 0..<3, using: &generator)]
            }
        ).sorted()
        guard let descriptor = make(name, .histogram(bounds: bounds), ["l"], &generator) else { return }
        var series: [Series] = []
        var samples: [ParsedSample] = []
        for values in distinctValues(1, &generator) {
            let counts = (0...bounds.count).map { _ in Double(Int.random(in: 0...9, using: &generator)) }
            let sum = Double.random(in: 0...1e6, using: &generator)
            series.append(Series(Labels(["l"], values), .histogram(HistogramValue(counts: counts, sum: sum))))
            var cumulated = 0.0
            for (bound, count) in zip(bounds + [.infinity], counts) {
                cumulated += count
                samples.append(
                    ParsedSample(
                        name: name + "_bucket", labels: ["l": values[0], "le": "\(bound)"], value: python(cumulated),
                        exemplar: nil))
            }
            for (suffix, value) in [("_sum", sum), ("_count", cumulated)] {
                samples.append(
                    ParsedSample(name: name + suffix, labels: ["l": values[0]], value: python(value), exemplar: nil))
            }
        }
        families.append(MetricFamily(descriptor, series))
        expected.append(
            ParsedFamily(
                name: name, type: "histogram", unit: descriptor.unit ?? "", help: descriptor.help, samples: samples))
    }

    private func make(
        _ name: String, _ kind: MetricType, _ labels: [String], _ generator: inout SeededRNG
    ) -> Descriptor? {
        try? Descriptor(validating: name, kind, labels: labels, help: "H" + Self.text(&generator))
    }

    private func number(of kind: MetricType, _ generator: inout SeededRNG) -> Double {
        switch kind {
        case .info: return 1
        case .counter:
            let value = Double(bitPattern: generator.next()).magnitude
            return value.isNaN ? 0 : value
        default: return Double(bitPattern: generator.next())
        }
    }

    private func distinctValues(_ count: Int, _ generator: inout SeededRNG) -> [[String]] {
        let wanted = count == 0 ? 1 : Int.random(in: 1...5, using: &generator)
        return Array(Set((0..<wanted).map { _ in (0..<count).map { _ in Self.text(&generator) } }))
    }

    /// Characters that mean something to some parser, and some that should not.
    private static func text(_ generator: inout SeededRNG) -> String {
        let pieces = [
            "\\", "\"", "\n", "\\n", "\\\"", "{", "}", ",", "=", " ", "#", "# EOF", "# {", "\t", "\r", "\u{1}",
            "\u{7F}",
            "\u{85}", "\u{2028}", "\u{FFFD}", "ü", "😀", "e\u{301}", "a", "1", "NaN", "le=\"1\"", "_total",
        ]
        return (0..<Int.random(in: 0...8, using: &generator)).map { _ in
            pieces[Int.random(in: 0..<pieces.count, using: &generator)]
        }.joined()
    }
}

/// A float as Python's `repr` prints it, as far as the tests need it.
func python(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    return value.description
}
