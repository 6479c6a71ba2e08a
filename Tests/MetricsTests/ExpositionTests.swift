import Metrics
import Testing

@Suite struct ExpositionTests {
    private static let gauge = Descriptor("g", .gauge, labels: ["l"], help: "One.")

    private static func series(_ value: String, _ number: Double) -> Series {
        Series(Labels(["l"], [value]), .number(number))
    }

    @Test func `families of one name are merged, and everything is sorted`() {
        let other = MetricFamily(Descriptor("a", .gauge, help: "Other."), [Series(.none, .number(1))])
        let merged = [
            MetricFamily(Self.gauge, [Self.series("c", 1), Self.series("a", 2)]), other,
            MetricFamily(Self.gauge, [Self.series("b", 3)]),
        ].merged()
        #expect(
            merged == [
                other, MetricFamily(Self.gauge, [Self.series("a", 2), Self.series("b", 3), Self.series("c", 1)]),
            ])
    }

    @Test func `of repeated labels the first holds`() {
        let merged = Exposition([
            MetricFamily(Self.gauge, [Self.series("b", 1), Self.series("a", 2), Self.series("b", 3)])
        ]).families
        #expect(merged == [MetricFamily(Self.gauge, [Self.series("a", 2), Self.series("b", 1)])])
    }

    @Test func `a family that disagrees with the first of its name is left out`() {
        let counterpart = Descriptor("g", .histogram(bounds: [1]), labels: ["l"], help: "One.")
        let renamed = Descriptor("g", .gauge, labels: ["m"], help: "One.")
        let first = MetricFamily(Self.gauge, [Self.series("a", 1)])
        #expect(Exposition([first, MetricFamily(counterpart, [Self.series("b", 2)])]).families == [first])
        #expect(Exposition([first, MetricFamily(renamed, [Self.series("b", 2)])]).families == [first])
    }

    @Test func `families whose samples would share a name are not written together`() throws {
        let histogram = MetricFamily(
            Descriptor("x", .histogram(bounds: [1]), help: "H."),
            [Series(.none, .histogram(HistogramValue(counts: [0, 0], sum: 0)))])
        let counter = MetricFamily(Descriptor("x_total", .counter, help: "C."), [Series(.none, .number(1))])
        #expect(Exposition([counter, histogram]).families == [histogram])
        let gauge = MetricFamily(Descriptor("x", .gauge, help: "G."), [Series(.none, .number(1))])
        #expect(Exposition([gauge], excluding: Exposition([histogram]).claimedNames).families.isEmpty)
        #expect(Exposition([gauge], excluding: Exposition([]).claimedNames).families == [gauge])
    }

    @Test(arguments: [
        (MetricType.counter, Series.Value.number(-1)), (.counter, .number(.nan)),
        (.gauge, .histogram(HistogramValue(counts: [1], sum: 1))),
        (.histogram(bounds: [1]), .number(1)),
        (.histogram(bounds: [1]), .histogram(HistogramValue(counts: [1], sum: 1))),
        (.histogram(bounds: [1]), .histogram(HistogramValue(counts: [1, 2, 3], sum: 1))),
        (.histogram(bounds: [1]), .histogram(HistogramValue(counts: [1, -2], sum: 1))),
        (.histogram(bounds: [1]), .histogram(HistogramValue(counts: [1, .nan], sum: 1))),
        (.histogram(bounds: [1]), .histogram(HistogramValue(counts: [1, .infinity], sum: 1))),
        (.histogram(bounds: [1]), .histogram(HistogramValue(counts: [1, 1], sum: -1))),
        (.histogram(bounds: [1]), .histogram(HistogramValue(counts: [1, 1], sum: .nan))),
    ])
    func `a value that its kind does not admit is left out, with its family`(kind: MetricType, value: Series.Value)
        throws
    {
        let name = kind == .counter ? "x_total" : "x"
        let descriptor = try Descriptor(validating: name, kind, help: "X.")
        let exposition = Exposition([MetricFamily(descriptor, [Series(.none, value)])])
        #expect(exposition.body(as: .text) == [])
        #expect(exposition.body(as: .openMetrics) == Array("# EOF\n".utf8))
    }

    @Test func `an exemplar is written if its labels have at most 128 code points`() {
        let counter = Descriptor("x_total", .counter, help: "X.")
        func body(_ value: String) -> String {
            let exemplar = Exemplar(labels: Labels(["ab"], [value]), value: 1, timestamp: .infinity)
            let family = MetricFamily(counter, [Series(.none, .number(1, exemplar))])
            return String(decoding: Exposition([family]).body(as: .openMetrics), as: UTF8.self)
        }
        let longest = String(repeating: "ü\"=", count: 42)
        #expect(body(longest).contains(" # {ab=\""))
        #expect(body(longest).contains("\"} 1\n"))
        #expect(!body(longest + "x").contains(" # {"))
    }

    @Test(
        arguments: [
            ("a_b_seconds_total", MetricType.counter, "a_b_seconds", "seconds"),
            ("seconds_total", .counter, "seconds", nil),
            ("a_bytes", .gauge, "a_bytes", "bytes"), ("a_ratio", .gauge, "a_ratio", "ratio"),
            ("a_bytes_info", .info, "a_bytes", nil), ("a_per_minute_limit", .gauge, "a_per_minute_limit", nil),
            ("milliseconds", .gauge, "milliseconds", nil),
            ("a_timestamp_seconds", .gauge, "a_timestamp_seconds", "seconds"),
        ] as [(String, MetricType, String, String?)])
    func `the unit is the end of the family's name`(name: String, kind: MetricType, family: String, unit: String?)
        throws
    {
        let descriptor = try Descriptor(validating: name, kind, help: "")
        #expect(descriptor.familyName == family)
        #expect(descriptor.unit == unit)
    }

    @Test(
        arguments: [
            ("", MetricType.gauge, []), ("1a", .gauge, []), ("a-b", .gauge, []), ("ä", .gauge, []), ("a", .counter, []),
            ("_total", .counter, []), ("a_total", .gauge, []), ("a_count", .gauge, []), ("a_info", .counter, []),
            ("a_bucket_total", .counter, []), ("a", .info, []), ("_info", .info, []),
            ("a", .histogram(bounds: [1, 1]), []),
            ("a", .histogram(bounds: [.infinity]), []),
            ("a", .histogram(bounds: [.nan]), []), ("a", .histogram(bounds: [1]), ["le"]), ("a", .gauge, ["b", "b"]),
            ("a", .gauge, ["__b"]), ("a", .gauge, ["b:c"]), ("a", .gauge, [""]),
        ] as [(String, MetricType, [String])])
    func `a name or label that a format does not allow is refused`(name: String, kind: MetricType, labels: [String]) {
        #expect(throws: InvalidDescriptor.self) {
            try Descriptor(validating: name, kind, labels: labels, help: "")
        }
    }
}
