import Darktrace
import Ledger
import Metrics
import Testing

@testable import Collector

@Suite struct BreachAggregationTests {
    private static let start: Int64 = 1_000_000_000_000

    private func breach(
        _ id: Int64, at creation: Int64?, activity: Int64? = nil, score: Double? = 0.35, model: String = "A::B",
        category: Darktrace.Category = .critical
    ) -> ModelBreach {
        ModelBreach(
            id: id, creationMilliseconds: creation.map { Self.start + $0 },
            activityMilliseconds: activity.map { Self.start + $0 }, score: score, model: model, category: category)
    }

    private static let counting = BreachCounting(maxModels: 10)

    private func batch(_ breaches: [ModelBreach]) -> RecordBatch<BreachCounting.Entry> {
        var batch = RecordBatch<BreachCounting.Entry>(window: QueryWindow(Self.start, Self.start + 1_000_000))
        for breach in breaches { batch.add(.success(breach), by: Self.counting) }
        return batch
    }

    private func fold(
        _ breaches: [ModelBreach], isFirstLookback: Bool = false, askedBefore: Int64? = nil, limit: Int = 10
    ) -> BreachAggregation {
        var batch = batch(breaches)
        batch.removeOldAndRepeated(before: .at(Self.start))
        return BreachAggregation(
            batch.entries, models: batch.texts, modelLimit: ModelLimit(limit: limit),
            context: CountingContext(
                start: .at(Self.start), now: .at(Self.start + 100_000),
                isFirstLookback: isFirstLookback, holdsNewSeries: !isFirstLookback,
                lateBefore: askedBefore.map { .at(Self.start + $0) }))
    }

    private func amount(
        _ fold: BreachAggregation, _ family: Descriptor, _ labels: [String], _ part: RowKey.Part = .value
    ) -> Double? {
        let key = RowKey(family: family.name, labels: labels, part: part)
        guard let change = fold.changes.first(where: { $0.key == key }) else { return nil }
        switch change.operation {
        case .add(let amount): return amount
        case .maximum(let value): return value
        }
    }

    @Test func `a record counts in every family it belongs to`() {
        let fold = fold([breach(7, at: 90_000, activity: 84_000)])
        #expect(amount(fold, BreachMetrics.modelBreaches, ["A::B", "critical"]) == 1)
        #expect(amount(fold, BreachMetrics.score, ["critical"], .bucket(3)) == 1)
        #expect(amount(fold, BreachMetrics.score, ["critical"], .sum) == 0.35)
        #expect(amount(fold, BreachMetrics.creationDelay, [], .bucket(2)) == 1)
        #expect(amount(fold, BreachMetrics.creationDelay, [], .sum) == 6)
        #expect(amount(fold, BreachMetrics.ingestionDelay, [], .bucket(0)) == 1)
        #expect(amount(fold, BreachMetrics.ingestionDelay, [], .sum) == 10)
        #expect(amount(fold, BreachMetrics.lastCreation, []) == Double(Self.start + 90_000) / 1_000)
        #expect(amount(fold, BreachMetrics.foundLate, []) == nil)
    }

    @Test(arguments: [(0.0, 0), (0.1, 0), (0.101, 1), (0.3, 2), (0.999, 9), (1.0, 9)])
    func `a score falls into the bucket of the first bound that is not below it`(score: Double, bucket: Int) {
        let fold = fold([breach(1, at: 0, score: score)])
        #expect(amount(fold, BreachMetrics.score, ["critical"], .bucket(bucket)) == 1)
    }

    @Test func `what a record lacks is left out, and it counts all the same`() {
        let fold = fold([breach(1, at: nil, activity: 5, score: nil)])
        #expect(amount(fold, BreachMetrics.modelBreaches, ["A::B", "critical"]) == 1)
        #expect(fold.changes.count == 1)
        #expect(fold.changes.first?.exemplar == nil)
    }

    @Test func `delays below zero count as zero`() {
        let fold = fold([breach(1, at: 200_000, activity: 201_000)])
        #expect(amount(fold, BreachMetrics.creationDelay, [], .sum) == 0)
        #expect(amount(fold, BreachMetrics.ingestionDelay, [], .sum) == 0)
    }

    @Test func `the first lookback is exposed at once and does not count for the ingestion delay`() {
        let first = fold([breach(1, at: 0)], isFirstLookback: true)
        #expect(amount(first, BreachMetrics.ingestionDelay, [], .sum) == nil)
        #expect(first.changes.allSatisfy { !$0.holdsNewSeries && $0.createdMilliseconds == Self.start })
        let later = fold([breach(1, at: 0)])
        for change in later.changes {
            #expect(change.holdsNewSeries == (change.key.family == BreachMetrics.modelBreaches.name))
        }
    }

    @Test
    func `what the recheck found is counted as found late too, unless it is newer than what was asked for before`() {
        let fold = fold([breach(1, at: 0), breach(2, at: 10), breach(3, at: 11)], askedBefore: 10)
        #expect(amount(fold, BreachMetrics.foundLate, []) == 2)
        #expect(amount(fold, BreachMetrics.modelBreaches, ["A::B", "critical"]) == 3)
    }

    @Test func `the newest record by creation is the exemplar, whatever the order`() {
        let breaches = [breach(1, at: 10), breach(2, at: 30), breach(3, at: 20)]
        for order in [breaches, breaches.reversed()] {
            let change = fold(order).changes.first { $0.key.family == BreachMetrics.modelBreaches.name }
            #expect(change?.exemplar == SeenRecord(id: 2, milliseconds: Self.start + 30))
        }
    }

    @Test func `an exemplar has what was observed of the newest record of its bucket`() {
        let fold = fold([
            breach(1, at: 0, activity: -200_000_000, score: 0.32), breach(2, at: 500, activity: -500, score: 0.37),
            breach(3, at: 300, activity: 0, score: 0.31), breach(4, at: 400, score: nil),
        ])
        func observed(_ family: Descriptor, _ labels: [String], _ part: RowKey.Part) -> Double? {
            fold.changes.first { $0.key == RowKey(family: family.name, labels: labels, part: part) }?.exemplarValue
        }
        #expect(observed(BreachMetrics.score, ["critical"], .bucket(3)) == 0.37)
        #expect(observed(BreachMetrics.creationDelay, [], .bucket(0)) == 1)
        #expect(observed(BreachMetrics.creationDelay, [], .bucket(10)) == 200_000, "the bucket +Inf")
        #expect(observed(BreachMetrics.score, ["critical"], .sum) == nil)
        #expect(observed(BreachMetrics.modelBreaches, ["A::B", "critical"], .value) == nil)
    }

    @Test func `any order of an answer gives the same changes`() {
        var generator = SplitMix64(seed: 9)
        let breaches = (0..<60).map { (index: Int) -> ModelBreach in
            breach(
                Int64(index % 40), at: Int64(index * 100_000), activity: 0, score: Double(index) / 100,
                model: "Model \(index % 15)", category: Darktrace.Category.allCases[index % 4])
        }
        func sorted(_ fold: BreachAggregation) -> [String] { fold.changes.map { "\($0)" }.sorted() }
        let truth = sorted(fold(breaches, limit: 5))
        for _ in 0..<20 { #expect(sorted(fold(breaches.shuffled(using: &generator), limit: 5)) == truth) }
    }

    @Test func `a record that stands twice counts once, an id with a new life twice`() {
        var batch = batch([
            breach(1, at: 0), breach(1, at: 0), breach(1, at: 60_000), breach(1, at: 60_001), breach(-1, at: 0),
        ])
        batch.removeOldAndRepeated(before: .at(Self.start))
        #expect(batch.entries.map(\.seenRecord.milliseconds) == [0, 0, 60_001].map { Self.start + $0 })
        #expect(batch.entries.map(\.id) == [-1, 1, 1])
    }

    @Test func `what is older than the ledger does not count`() {
        var batch = batch([breach(1, at: -1), breach(2, at: 0), breach(3, at: nil, activity: -1)])
        batch.removeOldAndRepeated(before: .at(Self.start))
        #expect(batch.entries.map(\.id) == [2])
    }

    @Test func `what the ledger knows is dropped, in portions`() async {
        var batch = batch((0..<5_000).map { breach(Int64($0), at: 0) })
        batch.removeOldAndRepeated(before: .at(Self.start))
        var portions: [Int] = []
        await batch.removeSeen { (records) async throws(Never) in
            portions.append(records.count)
            return records.map { $0.id % 3 == 0 }
        }
        #expect(portions == [2_000, 2_000, 1_000])
        #expect(batch.entries.map(\.id) == Array(stride(from: 0, to: 5_000, by: 3)))
    }

    @Test func `an entry takes forty bytes`() {
        #expect(MemoryLayout<BreachCounting.Entry>.stride == 40)
    }

    @Test func `a creation outside the window shows that creationtime is ignored, an activity that it is honoured`() {
        let inside = batch([breach(1, at: 500_000, activity: 499_000)])
        #expect(!inside.summary.hasCreationOutsideWindow && !inside.summary.hasActivityOutsideWindow)
        let late = batch([breach(1, at: 1_060_001, activity: 500_000)])
        #expect(late.summary.hasCreationOutsideWindow && !late.summary.hasActivityOutsideWindow)
        let old = batch([breach(1, at: 500_000, activity: -60_001)])
        #expect(!old.summary.hasCreationOutsideWindow && old.summary.hasActivityOutsideWindow)
        let rounded = batch([breach(1, at: 1_000_999, activity: -1_000)])
        #expect(!rounded.summary.hasCreationOutsideWindow && !rounded.summary.hasActivityOutsideWindow)
    }

    @Test func `unreadable records are counted, the first of each kind kept, and three alone are a strange answer`() {
        var batch = RecordBatch<BreachCounting.Entry>(window: QueryWindow(0, 1))
        batch.add(.failure(UnreadableRecord(.noID, "first")), by: Self.counting)
        batch.add(.failure(UnreadableRecord(.noID, "second")), by: Self.counting)
        #expect(!batch.summary.isAllUnreadable)
        batch.add(.failure(UnreadableRecord(.noTime, "third")), by: Self.counting)
        #expect(batch.summary.isAllUnreadable)
        #expect(batch.unreadable[.noID]?.detail == "first")
        batch.add(.success(breach(1, at: 0)), by: Self.counting)
        #expect(!batch.summary.isAllUnreadable)
        #expect(batch.summary.unreadableCount == 3)
    }
}
