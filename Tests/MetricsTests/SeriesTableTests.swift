import TestSupport
import Testing

@testable import Metrics

/// Columns give back what was put into them.
@Suite struct SeriesTableTests {
    private func labels(_ text: String) -> Labels { Labels(["l"], [text]) }

    private func number(_ text: String, _ value: Double = 1) -> Series { Series(labels(text), .number(value)) }

    @Test func `a table holds every kind of series, each with what it has and without what it lacks`() {
        let exemplar = Exemplar(labels: Labels(["pbid"], ["7"]), value: 1, timestamp: 12.5)
        let bare = Exemplar(labels: .none, value: 0, timestamp: nil)
        let series = [
            Series(.none, .number(0)),
            Series(labels("a"), .number(1, exemplar)),
            Series(labels("b"), .histogram(HistogramValue(counts: [1, 2], sum: 3, exemplars: [nil, exemplar]))),
            Series(labels("c"), .number(-1), created: 5),
            Series(labels(""), .number(2, bare), created: 0),
            Series(labels("é\"\n\\"), .number(.infinity)),
        ]
        let table = SeriesTable(series)
        #expect(Array(table) == series)
        #expect(!table.isSorted)
        #expect(SeriesTable().isEmpty)
    }

    @Test func `sorting orders by labels and keeps the first of equal ones`() {
        let exemplar = Exemplar(labels: Labels(["pbid"], ["7"]), value: 1, timestamp: 12.5)
        let b = Series(labels("b"), .number(2, exemplar), created: 3)
        let table = SeriesTable([number("c"), b, number("a"), number("b", 9), number("c", 8)]).sorted()
        #expect(Array(table) == [number("a"), b, number("c")])
        #expect(table.isSorted)
        #expect(Array(table.sorted()) == Array(table))
    }

    @Test func `a table that is made of series in any order is in order`() {
        let series = [Series(labels("c"), .number(2), created: 3), number("a"), number("b", 9)]
        let table = SeriesTable(sorting: series)
        #expect(table.isSorted)
        #expect(Array(table) == [series[1], series[2], series[0]])
        #expect(table == SeriesTable(series).sorted())
        #expect(SeriesTable(sorting: []).isEmpty)
    }

    @Test(
        arguments: [
            ([], true), (["a"], true), (["a", "b"], true), (["b", "a"], false), (["a", "a"], false),
            (["b", "a", "c"], false),
        ] as [([String], Bool)])
    func `a table knows whether it is in order`(_ texts: [String], _ isSorted: Bool) {
        #expect(SeriesTable(texts.map { number($0) }).isSorted == isSorted)
    }

    @Test func `tables of one family are written in the order of their labels, whichever comes first`() {
        let gauge = Descriptor("g", .gauge, labels: ["l"], help: "")
        let (early, late) = (
            MetricFamily(gauge, [number("a"), number("b")]), MetricFamily(gauge, [number("c"), number("d")])
        )
        let between = MetricFamily(gauge, [number("bb"), number("a", 5)])
        let inOrder = [early, late].merged()
        #expect(inOrder.first?.tables.count == 2, "tables in order are shared as they are")
        #expect([late, early].merged() == inOrder)
        #expect([early, between, late].merged().first?.series.map(\.labels) == ["a", "b", "bb", "c", "d"].map(labels))
        let whole = Exposition([early, late]).body(as: .openMetrics)
        #expect(Exposition([MetricFamily(gauge, "abcd".map { number(String($0)) })]).body(as: .openMetrics) == whole)
    }

    @Test func `common labels follow the own ones in every line, also when tables have to be merged`() {
        let descriptor = Descriptor("h", .histogram(bounds: [1]), labels: ["l"], help: "")
        func family(_ text: String, _ common: Labels) -> [MetricFamily] {
            let value = HistogramValue(counts: [1, 2], sum: 3)
            return [MetricFamily(descriptor, [Series(labels(text), .histogram(value), created: 5)])]
                .with(commonLabels: common)
        }
        let sites = ["london\"", "rome"].map { Labels(["site"], [$0]) }
        let expected = #"""
            # TYPE h histogram
            h_bucket{l="a",site="london\"",le="1.0"} 1
            h_bucket{l="a",site="london\"",le="+Inf"} 3
            h_sum{l="a",site="london\""} 3
            h_count{l="a",site="london\""} 3
            h_created{l="a",site="london\""} 5
            h_bucket{l="b",site="rome",le="1.0"} 1
            h_bucket{l="b",site="rome",le="+Inf"} 3
            h_sum{l="b",site="rome"} 3
            h_count{l="b",site="rome"} 3
            h_created{l="b",site="rome"} 5
            # EOF

            """#
        for order in [["a", "b"], ["b", "a"]] {
            let families = order.flatMap { family($0, $0 == "a" ? sites[0] : sites[1]) }
            let body = Exposition(families).body(as: .openMetrics, withCreated: true)
            #expect(String(decoding: body, as: UTF8.self) == expected)
        }
        let bare = MetricFamily(Descriptor("g", .gauge, help: ""), [Series(.none, .number(1))])
        let text = Exposition([bare].with(commonLabels: sites[1])).body(as: .text)
        #expect(String(decoding: text, as: UTF8.self) == "# TYPE g gauge\ng{site=\"rome\"} 1\n")
    }

    @Test func `a series that may not be written is left out wherever it stands, with its family if it is alone`() {
        let counter = Descriptor("c_total", .counter, labels: ["l"], help: "")
        let (good, bad) = (number("b"), number("a", -1))
        #expect(Exposition([MetricFamily(counter, [bad])]).body(as: .text).isEmpty)
        var family = MetricFamily(counter, [bad])
        family.tables.append(SeriesTable([good]))
        #expect(Exposition([family]).body(as: .text) == Exposition([MetricFamily(counter, [good])]).body(as: .text))
    }

    @Test(
        arguments: [MetricType.counter, .gauge, .info, .histogram(bounds: [1])], TextFormat.allCases
    ) func `a table is written as its series are`(kind: MetricType, format: TextFormat) throws {
        let suffix = [MetricType.counter: "_total", .info: "_info"][kind] ?? ""
        let descriptor = try Descriptor(validating: "x\(suffix)", kind, labels: ["l"], help: "")
        let exemplar = Exemplar(labels: Labels(["pbid"], ["7"]), value: 1, timestamp: 12.5)
        let plain = [number("a", 2), number("b", -1), number("c", .nan), number("d", 1e300), Series(.none, .number(3))]
        let tables = [
            plain, plain + [Series(labels("e"), .number(4, exemplar))], [Series(labels("e"), .number(4), created: 5)],
            plain + [Series(labels("e"), .histogram(HistogramValue(counts: [1, 2], sum: 3)))], [],
        ]
        for (series, common) in tables.flatMap({ table in [(table, Labels.none), (table, Labels(["site"], ["é"]))] }) {
            for withCreated in [false, true] {
                let encoder = format.encoder(of: descriptor, withCreated: withCreated)
                let table = SeriesTable(series).with(common: common == .none ? [] : [common])
                var (expected, written): ([UInt8], [UInt8]) = ([], [])
                for one in table where kind.admits(one.value) { encoder.write(one, to: &expected) }
                FamilyWriter(descriptor, as: format, withCreated: withCreated).write(table, to: &written)
                #expect(String(decoding: written, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
                #expect(descriptor.hasSamples(table) == !expected.isEmpty)
            }
        }
    }

    @Test(arguments: 0..<20) func `a table in which series are inserted is as if it was made of them`(seed: UInt64) {
        var generator = SeededRNG(seed: seed)
        let series = (0..<Int.random(in: 1...12, using: &generator)).map { number -> Series in
            let exemplar = Exemplar(labels: Labels(["pbid"], ["\(number)"]), value: 1, timestamp: nil)
            let value =
                [
                    Series.Value.number(Double(number)), .number(Double(number), exemplar),
                    .histogram(HistogramValue(counts: [Double(number)], sum: 0)),
                ].randomElement(using: &generator) ?? .number(0)
            return Series(labels("\(number)"), value, created: Bool.random(using: &generator) ? 5 : nil)
        }
        var table = SeriesTable()
        for one in series.shuffled(using: &generator) { table.insert(one) }
        #expect(Array(table) == series.sorted { $0.labels < $1.labels })
        #expect(table.isSorted)
        for one in series {
            #expect(table.row(of: Array(one.labels.rendered)).map { table[$0] } == one)
        }
        #expect(table.row(of: Array(labels("x").rendered)) == nil)
        table.set(.number(99), row: 0)
        #expect(table.value(0) == .number(99, table[0].exemplar))
    }

    @Test(
        arguments: [
            ([["a"]: 1, ["b"]: .nan], [1, .nan]), ([["b"]: 2, ["a"]: 0], [0, 2]), ([["a"]: 1], nil),
            ([["a"]: 1, ["c"]: 2], nil), ([["a"]: 1, ["b"]: 2, ["c"]: 3], nil), ([:], nil),
        ] as [([[String]: Double], [Double]?)])
    func `numbers are replaced by their labels in one copy of a table and stay in others`(
        values: [[String]: Double], expected: [Double]?
    ) {
        let table = SeriesTable([
            Series(Labels(["l", "m"], ["x", "a"]), .number(1)), Series(Labels(["l", "m"], ["x", "b"]), .number(.nan)),
        ])
        var other = table
        let isReplaced = other.replaceNumbers(labels("x"), names: ["m"], values: values)
        #expect(isReplaced == (expected != nil))
        let numbers = expected ?? [1, .nan]
        #expect(other == SeriesTable(zip(table, numbers).map { Series($0.labels, .number($1)) }))
        #expect(table.value(0) == .number(1))
        var empty = SeriesTable()
        let results = [[:], [["a"]: 1]].map { empty.replaceNumbers(labels("x"), names: ["m"], values: $0) }
        #expect(results == [true, false])
    }

    @Test(arguments: [1, 2, .nan, -0.0] as [Double])
    func `the number of the only row is replaced in one copy of a table and stays in others`(number: Double) {
        let exemplar = Exemplar(labels: Labels(["id"], ["1"]), value: 1, timestamp: nil)
        let table = SeriesTable([Series(labels("x"), .number(1, exemplar), created: 5)])
        var other = table
        let isReplaced = other.replaceNumber(labels("x"), by: number)
        #expect(isReplaced)
        #expect(other == SeriesTable([Series(labels("x"), .number(number, exemplar), created: 5)]))
        #expect(table.value(0) == .number(1, exemplar))
    }

    @Test func `the number of a row is not replaced in a table of other rows`() {
        let histogram = HistogramValue(counts: [1], sum: 1)
        let tables = [
            SeriesTable(), SeriesTable([Series(labels("y"), .number(1))]),
            SeriesTable([Series(labels("x"), .number(1)), Series(labels("y"), .number(1))]),
            SeriesTable([Series(labels("x"), .histogram(histogram))]),
        ]
        for table in tables {
            var other = table
            let isReplaced = other.replaceNumber(labels("x"), by: 2)
            #expect(!isReplaced)
            #expect(other == table)
        }
    }
}

extension Series {
    fileprivate var exemplar: Exemplar? {
        if case .number(_, let exemplar) = value { exemplar } else { nil }
    }
}
