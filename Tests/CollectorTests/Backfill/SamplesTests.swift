import Darktrace
import Metrics
import Testing

@testable import Collector

/// From breaches to samples: pure, against counts that are made the slow way.
@Suite struct SamplesTests {
    /// A breach, reduced to what is written.
    struct Truth {
        let time: Int64
        let model: String
        let category: Darktrace.Category
        let score: Double?
        let delay: Int64
    }

    /// One sample as it was written.
    struct WrittenSample {
        let labels: String
        let time: Int64
        let value: Series.Value

        var number: Double {
            switch value {
            case .number(let number, _): number
            case .histogram(let distribution): distribution.count
            }
        }
    }

    private static func history(_ truths: [Truth], over range: BackfillRange) -> BackfillHistory {
        var batch = RecordBatch<BreachCounting.Entry>(window: QueryWindow(0, 1))
        for (id, truth) in truths.enumerated() {
            batch.add(
                .success(
                    ModelBreach(
                        id: Int64(id), creationMilliseconds: truth.time, activityMilliseconds: truth.time - truth.delay,
                        score: truth.score, model: truth.model, category: truth.category)),
                by: BreachCounting(maxModels: 100))
        }
        var history = BackfillHistory(of: "hq", over: range)
        history.add(batch.entries, models: batch.texts, modelLimit: ModelLimit(limit: 100))
        return history
    }

    private static func written(
        _ truths: [Truth], over range: BackfillRange, _ family: Descriptor,
        labels: [(name: String, value: String)] = []
    ) -> [WrittenSample] {
        var samples: [WrittenSample] = []
        var history = Self.history(truths, over: range)
        history.writeSamples(family, labels: labels) { series, time in
            samples.append(
                WrittenSample(
                    labels: String(decoding: series.labels.rendered, as: UTF8.self), time: time, value: series.value))
        }
        return samples
    }

    /// What `increase()` sees between the first sample and the last.
    private static func increase(_ values: [Double]) -> Double {
        zip(values, values.dropFirst()).reduce(0) { $0 + ($1.1 < $1.0 ? $1.1 : $1.1 - $1.0) }
    }

    /// A random past of a few models, some of them at the edges of everything.
    private static func world(_ seed: UInt64) -> (truths: [Truth], range: BackfillRange) {
        var rng = SeededRNG(seed: seed)
        let start: Int64 = 1_000_000_000 + rng.pick(0...5_000)
        let step = rng.pick([1_000, 1_500, 7_000, 60_000] as [Int64])
        let end = start + rng.pick(1_000...100_000)
        let ledger = rng.once(in: 2) ? nil : min(end, start + rng.pick(1_000...100_000))
        let edges =
            [start, start - 1, end - 1, end, start + step, start + step - 1] + (ledger.map { [$0, $0 - 1] } ?? [])
        let truths = (0..<rng.pick(0...60)).map { _ in
            Truth(
                time: rng.once(in: 3) ? rng.pick(edges) : rng.pick(start - 2_000...end + 2_000),
                model: rng.pick(["A", "B", "C", "D"]), category: rng.pick(Darktrace.Category.allCases),
                score: rng.once(in: 5) ? nil : Double(rng.pick(0...1_000)) / 1_000, delay: rng.pick(0...90_000))
        }
        return (truths, BackfillRange(start: start, end: end, step: step, ledgerStart: ledger))
    }

    @Test(arguments: 1...400)
    func `each sample is the number of breaches before it, and increase sees them all`(seed: Int) {
        let (truths, range) = Self.world(UInt64(seed))
        let written = Self.written(truths, over: range, BreachMetrics.modelBreaches)
        let belonging = truths.filter { range.start <= $0.time && $0.time < range.end }
        let expected = Dictionary(grouping: belonging) {
            "appliance=\"hq\",model=\"\($0.model)\",category=\"\($0.category.rawValue)\""
        }
        let series = Dictionary(grouping: written, by: \.labels)
        #expect(Set(series.keys) == Set(expected.keys))
        #expect(
            series.count == zip(written, written.dropFirst()).count { $0.labels != $1.labels }
                + (written.isEmpty ? 0 : 1))
        let reset = range.ledgerStart
        for (labels, samples) in series {
            let truths = expected[labels] ?? []
            for sample in samples {
                // Just before the ledger's start stands all that came before it.
                let isClosing = sample.time == reset.map { $0 - 1 }
                let from = reset.map { sample.time >= $0 ? $0 : range.start } ?? range.start
                let upTo = isClosing ? sample.time + 1 : sample.time
                #expect(sample.number == Double(truths.count { from <= $0.time && $0.time < upTo }))
            }
            let times = samples.map(\.time)
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= range.step } || reset != nil)
            #expect(samples.first?.number == 0)
            #expect(times.last == range.end || (reset != nil && truths.allSatisfy { $0.time >= range.end }))
            #expect(Self.increase(samples.map(\.number)) == Double(truths.count))
        }
    }

    @Test(arguments: 1...200)
    func `histograms count the same breaches as the counter`(seed: Int) {
        let (truths, range) = Self.world(UInt64(seed) + 10_000)
        let belonging = truths.filter { range.start <= $0.time && $0.time < range.end }
        for category in Darktrace.Category.allCases {
            let written = Self.written(truths, over: range, BreachMetrics.score).filter {
                $0.labels == "appliance=\"hq\",category=\"\(category.rawValue)\""
            }
            let scores = belonging.filter { $0.category == category && $0.score != nil }
            #expect(Self.increase(written.map(\.number)) == Double(scores.count))
            let counted = scores.filter { $0.time >= range.ledgerStart ?? .min }
            guard case .histogram(let last) = written.last?.value,
                case .histogram(let bounds) = BreachMetrics.score.kind
            else { continue }
            for (index, bound) in bounds.enumerated() {
                let upTo = last.counts[...index].reduce(0, +)
                #expect(upTo == Double(counted.count { ($0.score ?? 2) <= bound }))
            }
            let sum = counted.reduce(0) { $0 + ($1.score ?? 0) }
            #expect(last.sum <= sum && last.sum > sum - 0.000_01)
        }
        let delays = Self.written(truths, over: range, BreachMetrics.creationDelay)
        #expect(Self.increase(delays.map(\.number)) == Double(belonging.count))
        #expect(delays.allSatisfy { $0.labels == "appliance=\"hq\"" })
    }

    /// The live counter, scraped for the first time at `now`: what was created since the ledger's start.
    @Test(arguments: 1...200)
    func `a live counter goes on from it: nothing is lost and nothing counts twice`(seed: Int) throws {
        var rng = SeededRNG(seed: UInt64(seed))
        let (start, hour): (Int64, Int64) = (1_000_000_000, 3_600_000)
        let ledger = rng.once(in: 4) ? start : start + rng.pick(1_000...10 * hour)
        let end = ledger + rng.pick(1_000...10 * hour)
        let now = end + rng.pick(0...hour)
        let truths = (0..<200).map { _ in
            Truth(time: rng.pick(start...now - 1), model: "A", category: .critical, score: 0.5, delay: 0)
        }
        let range = BackfillRange(start: start, end: end, step: 300_000, ledgerStart: ledger)
        let past = Self.written(truths, over: range, BreachMetrics.modelBreaches).map(\.number)
        let live = Double(truths.count { $0.time >= ledger })
        try #require(past.last ?? 0 <= live)
        #expect(Self.increase(past + [live]) == 200)
    }

    @Test func `without the ledger's start in it the same counter would be wrong`() {
        let truths = (0..<10).map { Truth(time: 1_000 * $0, model: "A", category: .critical, score: 1, delay: 0) }
        let plain = BackfillRange(start: 0, end: 9_000, step: 1_000)
        let past = Self.written(truths, over: plain, BreachMetrics.modelBreaches).map(\.number)
        // The ledger began at 8000: two breaches are live, and the ten before them look like more than that.
        #expect(Self.increase(past + [2]) == 11)
        let joint = BackfillRange(start: 0, end: 9_000, step: 1_000, ledgerStart: 8_000)
        #expect(Self.increase(Self.written(truths, over: joint, BreachMetrics.modelBreaches).map(\.number) + [2]) == 10)
    }

    @Test func `the sum of a histogram stays below one that was added up in any order`() throws {
        var rng = SeededRNG(seed: 5)
        let truths = (0..<2_000).map { index in
            Truth(
                time: Int64(index), model: "A", category: .critical, score: Double(rng.pick(0...1_000)) / 1_000,
                delay: rng.pick(0...9_999_999))
        }
        let range = BackfillRange(start: 0, end: 5_000, step: 1_000)
        for family in [BreachMetrics.score, BreachMetrics.creationDelay] {
            guard case .histogram(let written)? = Self.written(truths, over: range, family).last?.value else {
                Issue.record("no histogram")
                continue
            }
            for _ in 0..<20 {
                let live = truths.shuffled(using: &rng).reduce(0.0) {
                    $0 + (family == BreachMetrics.score ? $1.score ?? 0 : Double($1.delay) / 1_000)
                }
                #expect(written.sum < live && written.sum > live * 0.999_999)
            }
        }
    }

    @Test func `labels that a scrape would add come after those of the series`() {
        let truths = [Truth(time: 0, model: "A", category: .critical, score: 1, delay: 0)]
        let range = BackfillRange(start: 0, end: 1_000, step: 1_000)
        let labels = [(name: "job", value: "d\"x"), (name: "instance", value: "h:1")]
        for (family, own) in [
            (BreachMetrics.modelBreaches, "appliance=\"hq\",model=\"A\",category=\"critical\""),
            (BreachMetrics.score, "appliance=\"hq\",category=\"critical\""),
            (BreachMetrics.creationDelay, "appliance=\"hq\""),
        ] {
            let written = Self.written(truths, over: range, family, labels: labels)
            #expect(written.map(\.labels) == Array(repeating: "\(own),job=\"d\\\"x\",instance=\"h:1\"", count: 2))
            #expect(written.map(\.time) == [0, 1_000])
        }
    }

    @Test func `a hostile appliance's numbers overflow nothing`() {
        let last: Int64 = 253_402_300_799_999
        let truths = (0..<100).map { _ in
            Truth(time: last - 1, model: "A", category: .critical, score: 1, delay: last - 2)
        }
        let range = BackfillRange(start: last - 1_000_000, end: last, step: 1_000)
        for family in BackfillHistory.families {
            #expect(Self.written(truths, over: range, family).last?.number == 100)
        }
    }
}
