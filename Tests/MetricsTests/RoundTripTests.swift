import Foundation
import Metrics
import TestSupport
import Testing

@Suite struct RoundTripTests {
    @Test(arguments: 0..<8) func `random families are read back as they were`(seed: Int) throws {
        var generator = SeededRNG(seed: UInt64(seed))
        let registries = (0..<50).map { _ in RandomFamilies(using: &generator) }
        let bodies = registries.map { Exposition($0.families).body(as: .openMetrics) }
        let parsed = try PythonParser.families(in: bodies, .openMetrics)
        try #require(parsed.count == registries.count)
        for (families, registry) in zip(parsed, registries) {
            #expect(normalised(families) == normalised(registry.expected))
        }
    }

    @Test func `every character and 10 000 of them come back from a label`() throws {
        let single =
            (UInt8.min...UInt8.max).map { String(decoding: [$0], as: UTF8.self) }
            + (0x80...0x2FF).compactMap(UnicodeScalar.init).map(String.init)
        let values =
            Array(Set(single)) + [
                "", String(repeating: "\\\"\nü", count: 2_500), String(repeating: "x", count: 10_000),
            ]
        let gauge = Descriptor("g", .gauge, labels: ["l"], help: "One.")
        let exposition = Exposition([MetricFamily(gauge, values.map { Series(Labels(["l"], [$0]), .number(1)) })])
        let expected = Set(values)
        for syntax in TextFormat.allCases {
            let parsed = try PythonParser.families(in: [exposition.body(as: syntax)], syntax)
            let labels = try #require(parsed.first?.first).samples.compactMap { $0.labels["l"] }
            #expect(Set(labels) == expected)
            #expect(labels.count == expected.count)
        }
    }

    @Test func `any help text comes back from OpenMetrics`() throws {
        let texts = [
            "A \\ b", "\"quoted\"", "two\nlines", "ends in \\", "# EOF", "\\n",
            String(repeating: "\\\"\n", count: 3_000),
        ]
        let families = try texts.enumerated().map { number, help in
            MetricFamily(
                try Descriptor(validating: "g\(number)", .gauge, help: help), [Series(.none, .number(1))])
        }
        let parsed = try PythonParser.families(in: [Exposition(families).body(as: .openMetrics)], .openMetrics)
        #expect(parsed.first?.map(\.help) == texts)
    }

    @Test func `promtool reads hostile text and finds no fault in it`() throws {
        let labels = (0...255).map { String(UnicodeScalar(UInt8($0))) } + [String(repeating: "\\\"\n", count: 3_333)]
        let help = "Help \\ with \"quotes\", a\nline and \u{1F600}."
        let families = [
            MetricFamily(
                try Descriptor(validating: "hostile_total", .counter, labels: ["model"], help: help),
                labels.map { Series(Labels(["model"], [$0]), .number(3)) }),
            MetricFamily(
                try Descriptor(validating: "hostile_seconds", .histogram(bounds: [0.5, 1]), help: help),
                [Series(.none, .histogram(HistogramValue(counts: [1, 0, 2], sum: 9)))]),
        ]
        let complaint = try promtoolComplaint(about: Exposition(families).body(as: .text))
        #expect(complaint == "")
    }

    /// What `promtool check metrics` says; empty if it finds no fault.
    private func promtoolComplaint(about body: [UInt8]) throws -> String {
        let result = try Command.run("promtool", ["check", "metrics"], input: Data(body))
        return result.status == 0 ? result.errors : "exit \(result.status): \(result.text)\(result.errors)"
    }

    /// Samples in an order of their own, because families sort theirs by written labels; bounds as numbers.
    private func normalised(_ families: [ParsedFamily]) -> [String] {
        families.map { family in
            let samples = family.samples.map { sample in
                var labels = sample.labels
                if let bound = labels["le"].flatMap(Double.init) { labels["le"] = "\(bound)" }
                let value = Double(sample.value).map { "\($0)" } ?? sample.value
                return
                    "\(sample.name) \(labels.sorted { $0.key < $1.key }) \(value) \(String(describing: sample.exemplar))"
            }
            return "\(family.name) \(family.type) \(family.unit) \(family.help)\n"
                + samples.sorted().joined(separator: "\n")
        }
    }
}
