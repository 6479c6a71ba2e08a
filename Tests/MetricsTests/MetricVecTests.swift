import Metrics
import Testing

@Suite struct MetricVecTests {
    @Test func `a declared series exists at 0, and events add to it`() {
        let family = MetricVec(Descriptor("x_total", .counter, labels: ["code"], help: "X."), wallSeconds: nil)
        family.declare("200")
        #expect(family.collect().series == [Series(Labels(["code"], ["200"]), .number(0))])
        family.add(1, "200")
        family.add(2.5, "200")
        #expect(family.collect().series == [Series(Labels(["code"], ["200"]), .number(3.5))])
    }

    @Test(arguments: [-1, .nan, -.infinity] as [Double]) func `a counter never falls`(amount: Double) {
        let family = MetricVec(Descriptor("x_total", .counter, help: "X."), wallSeconds: nil)
        family.add(5)
        family.add(amount)
        #expect(family.collect().series == [Series(.none, .number(5))])
    }

    @Test func `an observation falls into the first bucket that holds it`() {
        let family = MetricVec(Descriptor("x", .histogram(bounds: [1, 2]), help: "X."), wallSeconds: nil)
        for value in [0.5, 1, 1.5, 2, 3, .nan] { family.observe(value) }
        #expect(
            family.collect().series == [Series(.none, .histogram(HistogramValue(counts: [2, 2, 1], sum: 8)))])
    }

    @Test func `a removed series is gone, and restarts at 0`() {
        let family = MetricVec(Descriptor("x", .gauge, labels: ["l"], help: "X."), wallSeconds: { 12 })
        family.set(3, "a")
        family.remove("a")
        #expect(family.collect().series.isEmpty)
        family.add(1, "a")
        #expect(family.collect().series == [Series(Labels(["l"], ["a"]), .number(1), created: 12)])
    }

    @Test func `the series of an appliance are those after the last change, in order`() {
        let family = MetricVec(
            Descriptor("c_total", .counter, labels: ["appliance", "path"], help: ""), wallSeconds: nil)
        func values(_ name: String) -> [Series.Value] { family.collect(name).series.map(\.value) }
        #expect(values("hq").isEmpty)
        family.add(2, "hq", "/b")
        family.add(1, "hq", "/a")
        family.add(9, "branch", "/a")
        #expect(values("hq") == [.number(1), .number(2)])
        family.add(5, "hq", "/a")
        #expect(values("hq") == [.number(6), .number(2)])
        family.remove("hq", "/b")
        #expect(values("hq") == [.number(6)])
        family.removeAll(of: "hq")
        #expect(values("hq").isEmpty)
        family.declare("hq", "/a")
        #expect(values("hq") == [.number(0)])
        #expect(values("branch") == [.number(9)])
    }

    @Test func `a change of one appliance changes the revision of that appliance alone`() {
        let family = MetricVec(
            Descriptor("x_total", .counter, labels: ["appliance", "code"], help: "X."), wallSeconds: nil)
        family.declare("hq", "200")
        family.declare("branch", "200")
        let before = (hq: family.revision(of: "hq"), branch: family.revision(of: "branch"))
        family.add(1, "hq", "200")
        #expect(family.revision(of: "hq") > before.hq)
        #expect(family.revision(of: "branch") == before.branch)
        #expect(
            family.collect("branch").series == [Series(Labels(["appliance", "code"], ["branch", "200"]), .number(0))])

        let last = family.revision(of: "hq")
        family.removeAll(of: "hq")
        #expect(family.collect("hq").series.isEmpty)
        let removed = family.revision(of: "hq")
        #expect(removed > last, "an older body still has the series")
        family.declare("hq", "200")
        #expect(family.revision(of: "hq") > removed, "a new series never has an old revision")
        #expect(family.revision(of: "branch") == before.branch)
    }

    @Test func `what is set to the value that it has does not change the revision`() {
        let gauge = MetricVec(Descriptor("x", .gauge, labels: ["appliance"], help: "X."), wallSeconds: nil)
        var last = gauge.revision(of: "hq")
        func isChanged(_ change: () -> Void) -> Bool {
            defer { last = gauge.revision(of: "hq") }
            change()
            return gauge.revision(of: "hq") > last
        }
        #expect(isChanged { gauge.set(0, "hq") }, "the series is new")
        #expect(!isChanged { gauge.set(0, "hq") })
        #expect(isChanged { gauge.set(1, "hq") })
        #expect(!isChanged { gauge.set(1, "hq") })
        #expect(!isChanged { gauge.add(0, "hq") })
        #expect(!isChanged { gauge.declare("hq") })
        #expect(!isChanged { gauge.set(2, "branch") })
        #expect(gauge.collect("hq").series.map(\.value) == [.number(1)])
    }

    @Test func `series that are declared together are those that are declared one by one`() {
        let descriptor = Descriptor("x", .histogram(bounds: [1]), labels: ["appliance", "feed"], help: "X.")
        let (one, together) = (MetricVec(descriptor) { 7 }, MetricVec(descriptor) { 7 })
        for round in 0..<2 {
            for appliance in ["b", "a"] {
                for feed in ["two", "one"] + (round > 0 ? ["three"] : []) { one.declare(appliance, feed) }
                let third = round > 0 ? [[appliance, "three"]] : []
                together.declare([[appliance, "two"], [appliance, "one"]] + third)
                #expect(together.collect(appliance).series == one.collect(appliance).series)
                #expect(together.collect(appliance).series.count == 2 + round)
            }
            one.observe(0.5, "a", "one")
            together.observe(0.5, "a", "one")
        }
        let revision = together.revision(of: "a")
        together.declare([["a", "one"], ["a", "two"]])
        together.declare([])
        #expect(together.revision(of: "a") == revision, "what exists is kept")
        #expect(together.collect("a").series == one.collect("a").series)
    }

    @Test func `series are removed by their label values, of one appliance or of all`() {
        let family = MetricVec(Descriptor("x", .gauge, labels: ["appliance", "feed"], help: "X."), wallSeconds: nil)
        func isLeft(_ expected: [String]...) -> Bool {
            let labels = expected.map { Labels(["appliance", "feed"], $0) }.sorted()
            return family.collect().series.map(\.labels).sorted() == labels
        }
        for appliance in ["a", "b", "c"] { for feed in ["one", "two", "two\"x"] { family.set(1, appliance, feed) } }
        family.remove("a", "one")
        family.removeAll(of: "a", "two\"x")
        family.removeAll(of: "c", "two\"x")
        family.removeAll(of: "b", "two")
        #expect(isLeft(["a", "two"], ["b", "one"], ["b", "two\"x"], ["c", "one"], ["c", "two"]))
        family.removeAll(of: "b", "tw")
        family.remove("b", "two\"")
        #expect(isLeft(["a", "two"], ["b", "one"], ["b", "two\"x"], ["c", "one"], ["c", "two"]))
        family.removeAll(of: "b", "two\"x")
        family.removeAll { $0[1] == "one" }
        #expect(isLeft(["a", "two"], ["c", "two"]))
        family.removeAll(of: "unknown")
        #expect(isLeft(["a", "two"], ["c", "two"]))
    }

    @Test func `calls that do not fit the kind change nothing`() {
        let gauge = MetricVec(Descriptor("g", .gauge, help: "G."), wallSeconds: nil)
        gauge.observe(1)
        #expect(gauge.collect().series.isEmpty)
        let histogram = MetricVec(Descriptor("h", .histogram(bounds: []), help: "H."), wallSeconds: nil)
        histogram.set(1)
        histogram.add(1)
        #expect(histogram.collect().series == [Series(.none, .histogram(HistogramValue(counts: [0], sum: 0)))])
    }
}
