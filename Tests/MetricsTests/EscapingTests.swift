import Metrics
import Testing

@Suite struct EscapingTests {
    @Test(arguments: [
        (#"plain"#, #"plain"#), (#"a"b"#, #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#), ("\\\n\"", #"\\\n\""#),
        ("a\0b", "a\0b"), ("tab\tand\rreturn", "tab\tand\rreturn"), ("ü€😀", "ü€😀"),
        (String(decoding: [0x61, 0xFF, 0x62], as: UTF8.self), "a\u{FFFD}b"),
    ])
    func `a label value ends no line and no quote early`(value: String, written: String) {
        #expect(Array(Labels(["l"], [value]).rendered) == Array("l=\"\(written)\"".utf8))
    }

    @Test func `labels are in the order of their names, a missing value is empty, a surplus one is dropped`() {
        #expect(Array(Labels(["b", "a"], ["1"]).rendered) == Array(#"b="1",a="""#.utf8))
        #expect(Array(Labels(["b"], ["1", "2"]).rendered) == Array(#"b="1""#.utf8))
        #expect(Labels.none.rendered.isEmpty)
    }

    @Test func `a help text escapes its quotes in OpenMetrics only`() throws {
        let gauge = try Descriptor(validating: "x", .gauge, help: "a\\b\n\"c\"\0")
        let exposition = Exposition([MetricFamily(gauge, [Series(.none, .number(1))])])
        let text = String(decoding: exposition.body(as: .text), as: UTF8.self)
        #expect(text == "# HELP x a\\\\b\\n\"c\"\0\n# TYPE x gauge\nx 1\n")
        let openMetrics = String(decoding: exposition.body(as: .openMetrics), as: UTF8.self)
        #expect(openMetrics == "# TYPE x gauge\n# HELP x a\\\\b\\n\\\"c\\\"\0\nx 1\n# EOF\n")
    }

    @Test func `labels are ordered by their bytes`() {
        let values = ["b", "", "a", "ab", "ä", "B"].map { Labels(["l"], [$0]) }.sorted()
        #expect(values == ["", "B", "a", "ab", "b", "ä"].map { Labels(["l"], [$0]) })
    }

    @Test(arguments: [[], [""], ["plain"], [#"a"b\c"#, "line\nbreak"], [#"\"#, #"",x=""#, "é=,"]])
    func `labels give back the names and values that they were made of`(values: [String]) {
        let names = values.indices.map { "l\($0)" }
        let pairs = Labels(names, values).pairs
        #expect(pairs.map(\.name) == names)
        #expect(pairs.map(\.value) == values)
    }
}
