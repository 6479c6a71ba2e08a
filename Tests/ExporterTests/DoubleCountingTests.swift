import Exporter
import Testing

/// Model breaches that would be counted as those of a master and as those of its Unified View.
@Suite struct DoubleCountingTests {
    private typealias Master = DoubleCounting.Master
    private var counting = DoubleCounting()

    @Test(arguments: [
        ("10.0.1.5", true), ("master-1", true), ("MASTER-1.example.com", true), ("master-10.example.com", false),
        ("10.0.1.50", false), ("other", false), ("", false),
    ])
    func `a master is known by its address, or by its name with or without a domain`(host: String, isIt: Bool) {
        #expect(Master(hostname: "master-1", address: "10.0.1.5").isAt(host) == isIt)
        #expect(!Master(hostname: "", address: "").isAt(host))
    }

    @Test mutating func `each pair is reported once, and again after it was resolved`() {
        counting.configure("view", host: "view.example", countsBreaches: true)
        counting.setMasters([Master(hostname: "m1", address: "10.0.1.5")], of: "view")
        #expect(counting.newPairs().isEmpty)
        counting.configure("site", host: "10.0.1.5", countsBreaches: true)
        #expect(
            counting.newPairs().map(\.advice) == [
                "model breaches of site are counted twice, as its own and as those of the Unified View view; "
                    + "set feeds to {modelbreaches: {enabled: false}} for one of them"
            ])
        #expect(counting.newPairs().isEmpty)
        counting.configure("view", host: "view.example", countsBreaches: false)
        #expect(counting.newPairs().isEmpty)
        counting.configure("view", host: "view.example", countsBreaches: true)
        #expect(counting.newPairs().count == 1)
        counting.remove("site")
        #expect(counting.newPairs().isEmpty)
    }
}
