import Darktrace
import Ledger
import Metrics
import Testing

@testable import Collector

/// Labels, holds, metadata and the families that rows become.
@Suite struct SeriesTests {
    private func row(
        _ family: Descriptor, _ labels: [String], _ counted: Double, exposed: Double? = nil, part: RowKey.Part = .value,
        newest: SeenRecord? = nil, observed: Double? = nil, created: Int64 = 0
    ) -> LedgerRow {
        LedgerRow(
            key: RowKey(family: family.name, labels: labels, part: part), value: counted,
            exposedValue: exposed ?? counted,
            isHeld: exposed != nil, newest: newest, newestValue: observed, createdMilliseconds: created)
    }

    // MARK: The limit

    @Test func `labels are given until the limit, then all is other, and none is given back`() {
        var limit = ModelLimit(limit: 2)
        #expect(
            ["a", "b", "c", "a", "d", "b"].map { limit.assignLabel(for: $0) } == ["a", "b", "other", "a", "other", "b"])
        #expect(limit.firstOverflow == "c")
        #expect(limit.count == 2)
    }

    @Test func `rows from before take their places, even more of them than the limit`() {
        let rows = ["a", "b", "c", "other"].map { row(BreachMetrics.modelBreaches, [$0, "critical"], 1) }
        var limit = ModelLimit(limit: 2)
        for row in rows + [row(BreachMetrics.score, ["critical"], 1)] { limit.add(row) }
        #expect(limit.count == 3)
        #expect(["c", "d"].map { limit.assignLabel(for: $0) } == ["c", "other"])
    }

    @Test func `a model that is called other takes no place`() {
        var limit = ModelLimit(limit: 1)
        #expect(["other", "a"].map { limit.assignLabel(for: $0) } == ["other", "a"])
        #expect(limit.firstOverflow == nil)
    }

    @Test func `texts that look alike but differ in bytes are two labels`() {
        var limit = ModelLimit(limit: 1)
        #expect(limit.assignLabel(for: "caf\u{e9}") == "caf\u{e9}")
        #expect(limit.assignLabel(for: "cafe\u{301}").utf8.elementsEqual("other".utf8))
    }

    // MARK: Holds

    @Test func `a series is held from when it is first shown, and again after a failed release`() {
        var holds = NewSeriesHolds(duration: .seconds(120))
        let held = RowKey(family: BreachMetrics.modelBreaches.name, labels: ["a", "critical"])
        holds.start([held], at: .at(10))
        holds.start([held], at: .at(100))
        #expect(holds.due == .at(131), "a scrape may see it a second later")
        #expect(holds.expired(at: .at(130)).isEmpty)
        #expect(holds.expired(at: .at(131)) == [held])
        holds.postpone([held], until: .at(200))
        #expect(holds.due == .at(200))
        holds.remove([held])
        #expect(holds.due == nil)
    }

    // MARK: Checkpoint

    @Test func `a checkpoint survives the ledger, and unreadable metadata is unknown`() {
        var checkpoint = Checkpoint(start: .at(5))
        #expect(checkpoint.stored.metadata.isEmpty)
        #expect(Checkpoint(checkpoint.stored) == checkpoint)
        checkpoint.cursor = .at(1_000)
        checkpoint.isComplete = true
        checkpoint.needsFullRecords = true
        checkpoint.usesActivityTime = true
        checkpoint.recheckWatermark = .at(-5)
        checkpoint.skew = .milliseconds(1_500)
        checkpoint.dedupeHorizon = .at(7)
        #expect(Checkpoint(checkpoint.stored) == checkpoint)
        let odd = FeedCheckpoint(
            startMilliseconds: 5, cursorMilliseconds: 5, metadata: ["skew_ms": "much", "minimal": "perhaps"])
        #expect(Checkpoint(odd) == Checkpoint(start: .at(5)))
    }

    // MARK: Families

    private func reading(_ checkpoint: Checkpoint?, _ rows: [LedgerRow]) -> LedgerSnapshot<BreachCounting>.Builder {
        var builder = LedgerSnapshot.Builder(of: "hq", checkpoint: checkpoint, by: BreachCounting(maxModels: 9))
        for row in rows { builder.add(row) }
        return builder
    }

    private func families(_ checkpoint: Checkpoint?, _ rows: [LedgerRow]) -> [String: MetricFamily] {
        let builder = reading(checkpoint, rows)
        let all = builder.counting.baseline(of: "hq", checkpoint: checkpoint) + builder.families()
        return Dictionary(all.map { ($0.descriptor.name, $0) }) { first, _ in first }
    }

    @Test func `what is held, and the labels in use, are read with the families`() {
        let held = row(BreachMetrics.modelBreaches, ["a", "critical"], 1, exposed: 0)
        let free = row(BreachMetrics.modelBreaches, ["b", "critical"], 1)
        let builder = reading(checkpoint(isComplete: true), [held, free])
        #expect(builder.held == [held.key])
        #expect(builder.counting.modelLimit.count == 2)
    }

    private func checkpoint(isComplete: Bool) -> Checkpoint {
        var checkpoint = Checkpoint(start: .at(5_000))
        checkpoint.cursor = .at(90_000)
        checkpoint.isComplete = isComplete
        checkpoint.skew = .seconds(30)
        return checkpoint
    }

    @Test func `before the first contact only what is known is there`() {
        #expect(families(nil, []).keys.sorted() == ["darktrace_models_limit", "darktrace_models_tracked"])
    }

    @Test func `during the first lookback breaches are absent, not 0`() {
        let names = families(checkpoint(isComplete: false), []).keys
        #expect(names.count == 4)
        #expect(!names.contains(BreachMetrics.modelBreaches.name))
    }

    @Test func `then every label set that can be known stands at 0, and no time that is not known`() {
        let families = families(checkpoint(isComplete: true), [])
        #expect(families.count == BreachMetrics.all.count)
        #expect(families[BreachMetrics.score.name]?.series.count == 4)
        #expect(families[BreachMetrics.creationDelay.name]?.series.count == 1)
        #expect(families[BreachMetrics.foundLate.name]?.series.map(\.value) == [.number(0)])
        #expect(families[BreachMetrics.lastCreation.name]?.series.isEmpty == true)
        #expect(families[BreachMetrics.modelBreaches.name]?.series.isEmpty == true)
    }

    @Test func `totals by category count true values, held or not, scored or not`() throws {
        let newest = SeenRecord(id: 7, milliseconds: 9_000)
        let rows = [
            row(BreachMetrics.modelBreaches, ["A", "critical"], 3, newest: SeenRecord(id: 5, milliseconds: 8_000)),
            row(BreachMetrics.modelBreaches, ["B", "critical"], 2, exposed: 0, newest: newest),
            row(BreachMetrics.modelBreaches, ["A", "suspicious"], 1),
            row(BreachMetrics.score, ["critical"], 3, part: .bucket(4)),
            row(BreachMetrics.score, ["critical"], 1.5, part: .sum),
            row(BreachMetrics.score, ["suspicious"], 1, part: .bucket(0)),
        ]
        let families = families(checkpoint(isComplete: true), rows)
        let names = BreachMetrics.modelBreachesByCategory.labelNames
        let exemplar = Exemplar(labels: Labels(["pbid"], ["7"]), value: 1, timestamp: 9)
        #expect(
            families[BreachMetrics.modelBreachesByCategory.name]?.series == [
                Series(Labels(names, ["hq", "compliance"]), .number(0), created: 5),
                Series(Labels(names, ["hq", "critical"]), .number(5, exemplar), created: 5),
                Series(Labels(names, ["hq", "informational"]), .number(0), created: 5),
                Series(Labels(names, ["hq", "suspicious"]), .number(1), created: 5),
            ])
        #expect(families[BreachMetrics.modelBreachesWithoutScore.name]?.series.map(\.value) == [.number(2)])
    }

    @Test func `the cursor is exposed in the exporter's clock`() {
        let cursor = families(checkpoint(isComplete: false), [])[BreachMetrics.pollCursor.name]
        #expect(
            cursor?.series == [Series(Labels(["appliance"], ["hq"]), .number(60))])
    }

    @Test func `rows become series with exposed values, exemplars and a creation time that no restart changes`() throws
    {
        let mark = SeenRecord(id: -4, milliseconds: 7_500)
        let rows = [
            row(BreachMetrics.modelBreaches, ["A::B", "critical"], 3, newest: mark, created: 6_000),
            row(BreachMetrics.modelBreaches, ["C", "critical"], 2, exposed: 0, newest: mark, created: 1_000),
            row(BreachMetrics.score, ["critical"], 2, part: .bucket(4), newest: mark),
            row(BreachMetrics.score, ["critical"], 1, part: .bucket(5), newest: mark, observed: 0.55),
            row(BreachMetrics.score, ["critical"], 1, part: .bucket(10), newest: mark, observed: 1.5),
            row(BreachMetrics.score, ["critical"], 99, part: .bucket(11)),
            row(BreachMetrics.score, ["critical"], 1.5, part: .sum),
        ]
        let families = families(checkpoint(isComplete: true), rows)
        let names = BreachMetrics.modelBreaches.labelNames
        let exemplar = Exemplar(labels: Labels(["pbid"], ["-4"]), value: 1, timestamp: 7.5)
        let breaches = try #require(families[BreachMetrics.modelBreaches.name])
        #expect(
            breaches.series.contains(
                Series(Labels(names, ["hq", "A::B", "critical"]), .number(3, exemplar), created: 6)))
        #expect(breaches.series.contains(Series(Labels(names, ["hq", "C", "critical"]), .number(0), created: 5)))
        let labels = Labels(BreachMetrics.score.labelNames, ["hq", "critical"])
        let score = try #require(families[BreachMetrics.score.name]?.series.first { $0.labels == labels })
        guard case .histogram(let distribution) = score.value else { return #expect(Bool(false), "no histogram") }
        #expect(distribution.counts == [0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 1])
        #expect(distribution.sum == 1.5)
        #expect(distribution.exemplars[4]?.value == 0.5, "a ledger of an earlier version has the bound alone")
        #expect(distribution.exemplars[5]?.value == 0.55)
        #expect(distribution.exemplars[10]?.value == 1.5)
        #expect(score.created == 5)
    }
}
