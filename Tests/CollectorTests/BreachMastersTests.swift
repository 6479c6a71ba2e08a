import Darktrace
import Ledger
import Metrics
import TestSupport
import Testing

@testable import Collector

/// Breaches of a Unified View by master.
@Suite struct BreachMastersTests {
    private static let key = FeedKey(appliance: "hq", feed: FeedKind.modelBreaches.name)

    @Test(arguments: [
        (Int64(1_000_000_012_345), Int64?.some(1)), (9_999_999_999_999, 9), (-4_000_000_000_001, 4),
        (12_000_000_000_007, 12), (999_999_999_999, nil), (27_103, nil), (0, nil), (-5, nil),
        (.max, 9_223_372), (.min, 9_223_372),
    ])
    func `the number of the master is what an id has before its last twelve digits`(id: Int64, master: Int64?) {
        #expect(BreachMasters.number(in: id) == master)
    }

    /// What is exposed, by master and category.
    private func values(_ script: Script) -> [String: Double] {
        let family = script.published.last?.first { $0.descriptor == BreachMetrics.modelBreachesByMaster }
        return (family?.series ?? []).reduce(into: [:]) { values, series in
            guard case .number(let value, _) = series.value else { return }
            values[series.labels.texts.dropFirst().joined(separator: " ")] = value
        }
    }

    /// The values that are not 0.
    private func exposed(_ script: Script) -> [String: Double] { values(script).filter { $0.value != 0 } }

    private func record(_ id: Int64, minutes: Int64) -> (Int64, String) {
        let creation = Script.origin + minutes * 60_000
        return (creation, Script.record(id, at: creation))
    }

    private func script() throws -> Script {
        let script = try Script()
        script.configuration.maxModels = 5
        return script
    }

    @Test func `each breach of a Unified View counts for its master, also after a restart`() throws {
        let script = try script()
        let (one, two) = (Int64(1_000_000_000_000), Int64(2_000_000_000_000))
        script.population = (1...6).map { record($0 % 3 == 0 ? two + $0 : one + $0, minutes: -$0) }
        script.run(seconds: 30)
        #expect(exposed(script) == ["1 critical": 4, "2 critical": 2])
        #expect(script.stop())
        script.population += [record(-one - 7, minutes: 1), record(8, minutes: 2)]
        script.run(seconds: 600)
        #expect(
            exposed(script) == ["1 critical": 5, "2 critical": 2, "unknown critical": 1])
        // The first breach of a master must be visible to increase().
        script.population.append(record(3 * one + 9, minutes: 11))
        script.run(seconds: 90)
        #expect(values(script)["3 critical"] == 0)
        script.run(seconds: 300)
        #expect(exposed(script)["3 critical"] == 1)
        #expect(exposed(script).values.reduce(0, +) == 9)
    }

    @Test func `an appliance that is a master itself exposes none`() throws {
        let script = try script()
        script.population = (1...5).map { record($0, minutes: -$0) }
        script.run(seconds: 300)
        let family = try #require(
            script.published.last?.first { $0.descriptor == BreachMetrics.modelBreachesByMaster })
        #expect(family.series.isEmpty)
    }

    @Test func `what a ledger counted before it knew masters is unknown, and no number is lost`() throws {
        let script = try script()
        let start = Script.origin - 3_600_000
        let batch = WriteBatch(
            key: Self.key,
            changes: [("A::B", "critical", 7.0), ("A::B", "suspicious", 2), ("other", "critical", 3)].map {
                RowUpdate(
                    key: RowKey(family: BreachMetrics.modelBreaches.name, labels: [$0.0, $0.1]),
                    operation: .add($0.2), createdMilliseconds: start)
            },
            checkpoint: FeedCheckpoint(
                startMilliseconds: start, cursorMilliseconds: Script.origin - 60_000, isComplete: true))
        let ledger = script.ledger
        let written = script.loop.start { try? await ledger.commit(batch) }
        script.loop.runJobs()
        #expect(written.isFinished)
        script.run(seconds: 30)
        #expect(exposed(script).isEmpty)
        script.population = (1...3).map { record(5_000_000_000_000 + $0, minutes: $0) }
        script.run(seconds: 900)
        let expected = [
            "5 critical": 3.0, "unknown critical": 10,
            "unknown suspicious": 2,
        ]
        #expect(exposed(script) == expected)
        #expect(script.stop())
        script.run(seconds: 600)
        #expect(exposed(script) == expected)
    }

    @Test func `more than 64 masters do not become more labels`() throws {
        let script = try script()
        script.population = (1...100).map { record($0 * 1_000_000_000_000 + 1, minutes: -$0) }
        script.run(seconds: 30)
        let masters = Set(exposed(script).keys.filter { !$0.contains("unknown") })
        #expect(masters.count == 64)
        #expect(exposed(script)["unknown critical"] == 36)
        #expect(script.stop())
        script.population.append(record(999 * 1_000_000_000_000 + 1, minutes: 1))
        script.run(seconds: 600)
        #expect(Set(exposed(script).keys.filter { !$0.contains("unknown") }) == masters)
        #expect(exposed(script)["unknown critical"] == 37)
    }
}
