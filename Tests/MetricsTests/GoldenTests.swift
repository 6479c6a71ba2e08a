import Foundation
import Metrics
import Testing

/// Whole bodies, one file for each kind and format, written by hand.
@Suite struct GoldenTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        let families: [MetricFamily]
        var withCreated = false
        var testDescription: String { name }
    }

    static let examples = [counter, gauge, histogram, info, created, hostile]

    @Test(arguments: examples, TextFormat.allCases)
    func `each kind is written as its golden body`(example: Example, syntax: TextFormat) throws {
        let body = Exposition(example.families).body(as: syntax, withCreated: example.withCreated)
        let file = "Golden/\(example.name).\(syntax == .text ? "txt" : "om")"
        let golden = try #require(Bundle.module.url(forResource: file, withExtension: nil))
        #expect(String(decoding: body, as: UTF8.self) == (try String(contentsOf: golden, encoding: .utf8)))
    }

    @Test func `an empty exposition is empty, or its end alone`() {
        #expect(Exposition([]).body(as: .text) == [])
        #expect(Exposition([]).body(as: .openMetrics) == Array("# EOF\n".utf8))
        let empty = MetricFamily(Descriptor("x", .gauge, help: "Nothing."))
        #expect(Exposition([empty]).body(as: .text) == [])
    }

    @Test(arguments: [1, 10, 100, 4096]) func `pieces of any size are the same body`(size: Int) {
        let exposition = Exposition(Self.examples.prefix(6).flatMap(\.families))
        for syntax in TextFormat.allCases {
            var rendering = ExpositionWriter(exposition, as: syntax, withCreated: false)
            var (pieces, all): ([[UInt8]], [UInt8]) = ([], [])
            var isUnfinished = true
            while isUnfinished {
                var piece: [UInt8] = []
                isUnfinished = rendering.write(to: &piece, atLeast: size)
                pieces.append(piece)
                all += piece
            }
            #expect(all + syntax.end == exposition.body(as: syntax))
            #expect(pieces.dropLast().allSatisfy { $0.count >= size })
        }
    }
}

extension GoldenTests {
    private static let labels = ["appliance", "model"]

    static let counter = Example(
        name: "counter",
        families: [
            MetricFamily(
                Descriptor("darktrace_breaches_total", .counter, labels: ["appliance", "model"], help: "Breaches."),
                [
                    Series(Labels(labels, ["hq", "b"]), .number(2.5)),
                    Series(
                        Labels(labels, ["hq", "a"]),
                        .number(
                            17, Exemplar(labels: Labels("pbid", 42), value: 1, timestamp: 1_763_966_400.125)),
                        created: 1_763_000_000),
                ]),
            MetricFamily(
                Descriptor("cpu_seconds_total", .counter, help: "Time."),
                [Series(.none, .number(0.25, Exemplar(labels: .none, value: 0.5, timestamp: nil)))]),
        ])

    static let gauge = Example(
        name: "gauge",
        families: [
            MetricFamily(
                Descriptor("up", .gauge, labels: ["appliance"], help: "Whether."),
                [
                    Series(Labels(["appliance"], ["b"]), .number(-1.5)),
                    Series(Labels(["appliance"], ["a"]), .number(.nan)),
                    Series(Labels(["appliance"], ["c"]), .number(-.infinity)),
                ]),
            MetricFamily(Descriptor("size_bytes", .gauge, help: "How large."), [Series(.none, .number(1e20))]),
        ])

    static let histogram = Example(
        name: "histogram",
        families: [
            MetricFamily(
                Descriptor("delay_seconds", .histogram(bounds: [0.1, 1, 60]), labels: ["appliance"], help: "Delays."),
                [
                    Series(
                        Labels(["appliance"], ["a"]),
                        .histogram(
                            HistogramValue(
                                counts: [1, 0, 2, 3], sum: 1234.5,
                                exemplars: [
                                    Exemplar(labels: Labels("pbid", 1), value: 0.05, timestamp: 1_763_966_400),
                                    nil,
                                    Exemplar(labels: Labels(["pbid"], ["out of its bucket"]), value: 61, timestamp: 1),
                                    Exemplar(labels: Labels(["pbid"], ["2"]), value: 99, timestamp: nil),
                                ]))),
                    Series(Labels(["appliance"], ["b"]), .histogram(HistogramValue(counts: [0, 0, 0, 0], sum: 0))),
                ]),
            MetricFamily(
                Descriptor("skew", .histogram(bounds: [-1, 0]), help: "Either way."),
                [Series(.none, .histogram(HistogramValue(counts: [1, 1, 1], sum: -3)))]),
        ])

    static let info = Example(
        name: "info",
        families: [
            MetricFamily(
                Descriptor("build_info", .info, labels: ["version", "revision"], help: "What runs."),
                [Series(Labels(["version", "revision"], ["1.0", "abc"]), .number(7))])
        ])

    static let created = Example(
        name: "created",
        families: [
            counter.families[0],
            MetricFamily(
                Descriptor("wait_seconds", .histogram(bounds: [1]), help: "Waits."),
                [Series(.none, .histogram(HistogramValue(counts: [1, 1], sum: 3)), created: 1_763_000_000.5)]),
            MetricFamily(Descriptor("still", .gauge, help: "No beginning."), [Series(.none, .number(1), created: 1)]),
        ], withCreated: true)

    static let hostile = Example(
        name: "hostile",
        families: [
            MetricFamily(
                Descriptor("hostile_total", .counter, labels: ["model"], help: "A \\ \"quote\"\nand a line."),
                [
                    Series(Labels(["model"], ["\"} 1\nforged_total 1"]), .number(1)),
                    Series(Labels(["model"], [#"ends in a backslash\"#]), .number(2)),
                    Series(Labels(["model"], ["not a number"]), .number(.nan)),
                    Series(Labels(["model"], ["negative"]), .number(-1)),
                ])
        ])
}
