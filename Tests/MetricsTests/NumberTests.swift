import Foundation
import Metrics
import TestSupport
import Testing

@Suite struct NumberTests {
    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1, "1"), (-17, "-17"), (10, "10"), (123_456_789, "123456789"), (0.25, "0.25"),
        (1e-5, "1e-05"), (1.5e300, "1.5e+300"), (9_007_199_254_740_991, "9007199254740991"),
        (1e16, "1e+16"), (-1e22, "-1e+22"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        (1_763_966_400.125, "1763966400.125"),
    ])
    func `a value is written short, as an integer where it is one`(value: Double, text: String) {
        let gauge = Descriptor("x", .gauge, help: "")
        let body = Exposition([MetricFamily(gauge, [Series(.none, .number(value))])]).body(as: .text)
        #expect(String(decoding: body, as: UTF8.self) == "# TYPE x gauge\nx \(text)\n")
    }

    @Test(arguments: [0, 7, -1, 1_234_567_890_123, .max, .min])
    func `a label with a number is the label with its digits`(number: Int64) {
        #expect(Labels("pbid", number) == Labels(["pbid"], ["\(number)"]))
    }

    /// The canonical numbers of the OpenMetrics specification, and others that Go prints so.
    @Test(arguments: [
        (0.0, "0.0"), (0.001, "0.001"), (0.1, "0.1"), (1, "1.0"), (10, "10.0"), (60, "60.0"), (86_400, "86400.0"),
        (100_000, "100000.0"), (1e6, "1e+06"), (1e10, "1e+10"), (1_234_567.5, "1.2345675e+06"), (1e16, "1e+16"),
        (1e-4, "0.0001"), (1e-5, "1e-05"), (1e-10, "1e-10"), (-1, "-1.0"), (-2.5e7, "-2.5e+07"),
    ])
    func `a bound is a canonical float in both formats`(bound: Double, text: String) throws {
        let histogram = try Descriptor(validating: "h", .histogram(bounds: [bound]), help: "")
        let series = Series(.none, .histogram(HistogramValue(counts: [1, 0], sum: 1)))
        for syntax in TextFormat.allCases {
            let body = String(decoding: Exposition([MetricFamily(histogram, [series])]).body(as: syntax), as: UTF8.self)
            #expect(body.contains("h_bucket{le=\"\(text)\"} 1\n"))
            #expect(body.contains("h_bucket{le=\"+Inf\"} 1\n"))
        }
    }

    @Test func `every value reads back as itself`() {
        var generator = SeededRNG(seed: 1)
        let gauge = Descriptor("x", .gauge, help: "")
        for _ in 0..<2_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let body = Exposition([MetricFamily(gauge, [Series(.none, .number(value))])]).body(as: .text)
            let last = String(decoding: body, as: UTF8.self).split(whereSeparator: \.isWhitespace).last.map(String.init)
            #expect(last.flatMap(Double.init) == value)
        }
    }
}
