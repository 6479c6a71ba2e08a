import Gzip
import Metrics
import TestSupport
import Testing

@testable import HTTPServer
@testable import ScrapeEndpoint

/// What the cache puts together from old and new chunks, compared with a body that is rendered as a whole.
@Suite struct ExpositionCacheTests {
    /// SplitMix64.
    private struct SeededGenerator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Families of appliances that change at random, among them families that come and go, grow, hold no
    /// samples, and get other common labels.
    private struct Fleet {
        private static let breaches = Descriptor(
            "breaches_total", .counter, labels: ["appliance", "model"], help: "Breaches.")
        private static let score = Descriptor(
            "score", .histogram(bounds: [0.5, 1]), labels: ["appliance"], help: "Scores.")
        private static let up = Descriptor("up", .gauge, labels: ["appliance"], help: "Up.")
        private static let clash = Descriptor("breaches", .gauge, labels: ["appliance"], help: "A name that is taken.")
        private static let refused = Descriptor("refused_total", .counter, labels: ["appliance"], help: "Refused.")

        private var generator: SeededGenerator
        private var appliances: [String: (models: Int, value: Double, site: Int, revision: UInt64)] = [:]

        init(seed: UInt64) { generator = SeededGenerator(state: seed) }

        mutating func change() {
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let name = "appliance-\(Int.random(in: 0..<40, using: &generator))"
                var one = appliances[name] ?? (models: 0, value: 0, site: 0, revision: 0)
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: one.models = 0
                case 1: one.models = Int.random(in: 0..<2_000, using: &generator)
                case 2: one.value = .nan
                case 3: one.site += 1
                default: one.value = Double.random(in: -5...100, using: &generator)
                }
                one.revision += 1
                appliances[name] = one
            }
            if Int.random(in: 0..<5, using: &generator) == 0 { appliances[appliances.keys.sorted()[0]] = nil }
        }

        var groups: [MetricGroup] {
            appliances.map { name, one in
                let site = one.site == 0 ? Labels.none : Labels(["site"], ["\(one.site)"])
                return MetricGroup(name, revision: [one.revision]) {
                    Self.families(name, one.models, one.value).with(commonLabels: site)
                }
            }
        }

        private static func families(_ name: String, _ models: Int, _ value: Double) -> [MetricFamily] {
            let labels = Labels(["appliance"], [name])
            let series = (0..<models).map { number in
                Series(Labels(breaches.labelNames, [name, "Model \(1_000_000 + number)"]), .number(Double(number)))
            }
            let histogram = HistogramValue(counts: [1, 2, 3], sum: max(value, 0))
            return [
                MetricFamily(up, [Series(labels, .number(value))]), MetricFamily(breaches, series),
                MetricFamily(clash, [Series(labels, .number(1))]),
                MetricFamily(score, value > 50 ? [] : [Series(labels, .histogram(histogram))]),
                MetricFamily(refused, [Series(labels, .number(-1))]),
            ]
        }
    }

    private static let variants = TextFormat.allCases.flatMap { syntax in
        ContentCoding.allCases.map { Variant(syntax: syntax, coding: $0) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `after any changes the body is the one that is rendered as a whole`(seed: UInt64) throws {
        var fleet = Fleet(seed: seed)
        var cache = ExpositionCache(withCreated: false, workers: BuildWorkers(count: 3, bytesEach: 1))
        for round in 0..<15 {
            fleet.change()
            let groups = fleet.groups
            cache.update(groups)
            let whole = Exposition(groups.sorted { $0.name < $1.name }.flatMap { $0.families() })
            for variant in Self.variants where round % 3 == 0 || variant.coding == .identity {
                let body = try cache.section(variant).body(endingWith: variant.syntax.end)
                let text = variant.coding == .gzip ? try gunzip(body.bytes) : body.bytes
                #expect(text == whole.body(as: variant.syntax), "round \(round), \(variant)")
            }
            #expect(cache.claimedNames == whole.claimedNames)
        }
    }

    @Test func `families that come in parts, clash, go and come back are those of a whole rendering`() throws {
        let x = Descriptor("x", .gauge, labels: ["appliance", "part"], help: "X.")
        func family(_ name: String, _ parts: String...) -> MetricFamily {
            MetricFamily(x, parts.map { Series(Labels(x.labelNames, [name, $0]), .number(1)) })
        }
        let y = MetricFamily(Descriptor("y", .gauge, help: "Y."), [Series(.none, .number(2))])
        let other = Descriptor("x", .gauge, labels: ["site"], help: "Other labels.")
        let clash = MetricFamily(other, [Series(Labels(["site"], ["a"]), .number(3))])
        let rounds: [(hq: [MetricFamily], site: [MetricFamily])] = [
            ([family("hq", "a", "c"), y, family("hq", "b")], [clash]),
            ([family("hq", "a", "c"), y, family("hq", "b")], []),
            ([family("hq", "b", "a"), y], [family("site", "a")]),
            ([y], [family("site", "b"), family("site", "a")]),
            ([], [family("site", "b"), family("site", "a")]),
            ([family("hq", "b"), y, family("hq", "a", "c")], [family("site", "a")]),
        ]
        var cache = ExpositionCache(withCreated: false)
        for (number, round) in rounds.enumerated() {
            cache.update([MetricGroup("hq") { round.hq }, MetricGroup("site") { round.site }])
            for (scope, families) in [
                (ScrapeScope.everything, round.hq + round.site), (.appliances(["hq"]), round.hq),
            ] {
                for coding in ContentCoding.allCases {
                    let variant = Variant(syntax: .text, coding: coding, scope: scope)
                    let body = try cache.section(variant).body(endingWith: []).bytes
                    let text = coding == .gzip ? try gunzip(body) : body
                    #expect(text == Exposition(families).body(as: .text), "round \(number), \(variant)")
                }
            }
        }
    }

    @Test func `a change of one appliance renders and compresses only its chunks`() throws {
        let descriptor = Descriptor("x_total", .counter, labels: ["appliance", "model"], help: "X.")
        func groups(changed: Int?) -> [MetricGroup] {
            (0..<200).map { number in
                let value = number == changed ? 2.0 : 1
                return MetricGroup("appliance-\(1_000 + number)", revision: [number == changed ? 2 : 1]) {
                    let series = (0..<100).map { model in
                        Series(
                            Labels(["appliance", "model"], ["appliance-\(1_000 + number)", "Model \(1_000 + model)"]),
                            .number(value))
                    }
                    return [MetricFamily(descriptor, series)]
                }
            }
        }
        let variant = Variant(syntax: .text, coding: .gzip)
        var cache = ExpositionCache(withCreated: false)
        cache.update(groups(changed: nil))
        _ = try cache.section(variant)
        let all = cache.work
        #expect(all.renderedBytes > 1_000_000 && all.deflatedBytes == all.renderedBytes)
        _ = try cache.section(variant)
        #expect(cache.work == all, "nothing changed")
        cache.update(groups(changed: 77))
        _ = try cache.section(variant)
        let chunkBytes = ChunkedFamily.chunkBytes(ofFamilyWith: all.renderedBytes)
        #expect(chunkBytes < all.renderedBytes / 20)
        #expect(cache.work.renderedBytes - all.renderedBytes < 2 * chunkBytes)
        #expect(cache.work.deflatedBytes - all.deflatedBytes < 2 * chunkBytes)
    }

    @Test(arguments: [10, 100, 300])
    func `the compressed body is at most a fifth larger than one that is compressed as a whole`(count: Int) throws {
        var generator = SeededGenerator(state: UInt64(count))
        let gauges = try (100..<140).map {
            try Descriptor(validating: "gauge_\($0)_seconds", .gauge, labels: ["appliance"], help: "A gauge.")
        }
        let breaches = Descriptor("breaches_total", .counter, labels: ["appliance", "model"], help: "Breaches.")
        let groups = (0..<count).map { number in
            let name = "appliance-\(1_000 + number).example.com"
            let values = gauges.map { _ in Double.random(in: 0...100, using: &generator) }
            let models = (0..<100).map { _ in Double(Int.random(in: 0...1_000, using: &generator)) }
            return MetricGroup(name) {
                zip(gauges, values).map { MetricFamily($0, [Series(Labels(["appliance"], [name]), .number($1))]) }
                    + [
                        MetricFamily(
                            breaches,
                            models.enumerated().map {
                                Series(
                                    Labels(breaches.labelNames, [name, "Compromise::Model \(100 + $0)"]), .number($1))
                            })
                    ]
            }
        }
        var cache = ExpositionCache(withCreated: false)
        cache.update(groups)
        let text = try cache.section(Variant(syntax: .text, coding: .identity)).body(endingWith: []).bytes
        let chunked = try cache.section(Variant(syntax: .text, coding: .gzip)).body(endingWith: []).bytes
        let compressor = try Compressor()
        let whole = try compressor.compress(text)
        #expect(Double(chunked.count) <= 1.2 * Double(whole.bytes.count))
    }

    @Test(arguments: [ContentCoding.identity, .gzip])
    func `a body of many chunks has few pieces, each of which is a system call over TLS`(coding: ContentCoding) throws {
        var generator = SeededGenerator(state: 1)
        // Names that compress badly, so that the compressed body is large as well.
        let names = (0..<5_000).map { number in
            "family_\(10_000 + number)_"
                + (0..<60).map { _ in String(generator.next(), radix: 36) }.joined()
        }
        let families = try names.map { name in
            MetricFamily(try Descriptor(validating: name, .gauge, help: "F."), [Series(.none, .number(1))])
        }
        var cache = ExpositionCache(withCreated: false)
        cache.update([MetricGroup("") { families }])
        let body = try cache.section(Variant(syntax: .text, coding: coding)).body(endingWith: [])
        #expect(body.count > 8 * ChunkText.pieceBytes)
        // The last but one ends the chunks, the last one is the live section.
        #expect(body.buffers.dropLast(2).allSatisfy { $0.bytes.count >= ChunkText.pieceBytes })
        #expect(body.buffers.count <= body.count / ChunkText.pieceBytes + 2)
        let text = coding == .gzip ? try gunzip(body.bytes) : body.bytes
        #expect(text == Exposition(families).body(as: .text))
    }

    @Test func `a large plain body that is made again and again is the whole body`() throws {
        func family(_ number: Int, _ appliance: Int, _ value: Double) throws -> MetricFamily {
            let descriptor = try Descriptor(
                validating: "family_\(100 + number)", .gauge, labels: ["appliance", "row"], help: "F.")
            let long = String(repeating: "x", count: 300)
            let rows = (0..<10).map { row in
                let labels = ["appliance-\(100 + appliance)", "\(long)-\(100 + row)"]
                return Series(Labels(descriptor.labelNames, labels), .number(value))
            }
            return MetricFamily(descriptor, rows)
        }
        var values: [[Double?]] = (0..<40).map { _ in (0..<20).map { Double($0) } }
        var cache = ExpositionCache(withCreated: false)
        var pieces: [SharedBuffer] = []
        func expectWholeBody(revision: UInt64, changed: Set<Int>) throws {
            let groups = try values.indices.map { appliance in
                let families = try values[appliance].enumerated().compactMap { number, value in
                    try value.map { try family(number, appliance, $0) }
                }
                let stamp = changed.contains(appliance) ? revision : 0
                return (MetricGroup("appliance-\(100 + appliance)", revision: [stamp]) { families }, families)
            }
            cache.update(groups.map(\.0))
            let body = try cache.section(Variant(syntax: .text, coding: .identity)).body(endingWith: [])
            #expect(body.count > SharedBody.joinedCount)
            #expect(body.bytes == Exposition(groups.flatMap(\.1).merged()).body(as: .text))
            pieces = body.buffers
        }
        try expectWholeBody(revision: 0, changed: [])
        let first = pieces
        values[7][3] = 123_456_789.5
        try expectWholeBody(revision: 1, changed: [7])
        let kept = pieces.count { piece in first.contains { $0 === piece } }
        #expect(kept >= pieces.count - 3, "the pieces without that family are not copied")
        // A family in the middle goes and comes back, and a new one is the last.
        for appliance in values.indices { values[appliance][12] = nil }
        try expectWholeBody(revision: 2, changed: Set(values.indices))
        for appliance in values.indices { values[appliance][12] = 5 }
        for appliance in values.indices { values[appliance].append(1) }
        try expectWholeBody(revision: 3, changed: Set(values.indices))
        values[39][20] = 2
        try expectWholeBody(revision: 4, changed: Set(values.indices))
    }
}
