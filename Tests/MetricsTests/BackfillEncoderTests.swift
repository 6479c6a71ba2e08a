import Metrics
import Testing

@Suite struct BackfillEncoderTests {
    private static let counter = Descriptor("x_total", .counter, labels: ["l"], help: "A \"counter\".")
    private static let histogram = Descriptor(
        "h_seconds", .histogram(bounds: [0.5, 1]), labels: [], help: "A histogram.")

    private func text() -> [UInt8] { counter() + histogram([60_000, 120_000]) + TextFormat.openMetrics.end }

    private func counter() -> [UInt8] {
        var bytes: [UInt8] = []
        let counter = BackfillEncoder(Self.counter)
        counter.writeMetadata(to: &bytes)
        for (value, time) in [(0.0, 1_769_846_400_000), (1_000_000, 1_769_846_400_001), (3, 1_769_846_401_500)]
            as [(Double, Int64)]
        {
            let exemplar = Exemplar(labels: Labels(["pbid"], ["1"]), value: 1, timestamp: 2)
            counter.write(
                Series(Labels(["l", "job"], ["a\"b", "é"]), .number(value, exemplar), created: 5), milliseconds: time,
                to: &bytes)
        }
        return bytes
    }

    private func histogram(_ times: [Int64]) -> [UInt8] {
        var bytes: [UInt8] = []
        let histogram = BackfillEncoder(Self.histogram)
        histogram.writeMetadata(to: &bytes)
        for time in times {
            let count = time > 60_000 ? 2.0 : 0
            histogram.write(
                Series(.none, .histogram(HistogramValue(counts: [count, 0, 1], sum: 2.25))), milliseconds: time,
                to: &bytes)
        }
        return bytes
    }

    @Test func `each sample has its time, and nothing else is different`() {
        #expect(
            String(decoding: text(), as: UTF8.self) == """
                # TYPE x counter
                # HELP x A \\"counter\\".
                x_total{l="a\\"b",job="é"} 0 1769846400
                x_total{l="a\\"b",job="é"} 1000000 1769846400.001
                x_total{l="a\\"b",job="é"} 3 1769846401.5
                # TYPE h_seconds histogram
                # UNIT h_seconds seconds
                # HELP h_seconds A histogram.
                h_seconds_bucket{le="0.5"} 0 60
                h_seconds_bucket{le="1.0"} 0 60
                h_seconds_bucket{le="+Inf"} 1 60
                h_seconds_sum 2.25 60
                h_seconds_count 1 60
                h_seconds_bucket{le="0.5"} 2 120
                h_seconds_bucket{le="1.0"} 2 120
                h_seconds_bucket{le="+Inf"} 3 120
                h_seconds_sum 2.25 120
                h_seconds_count 3 120
                # EOF

                """)
    }

    /// Of a second time of a histogram in one text it forgets all buckets but the first (0.26.0).
    @Test func `prometheus_client takes it`() throws {
        let bodies = [counter(), histogram([60_000]), histogram([120_000])].map { $0 + TextFormat.openMetrics.end }
        let families = try PythonParser.families(in: bodies, .openMetrics)
        #expect(families.map { $0.map(\.samples.count) } == [[3], [5], [5]])
    }
}
