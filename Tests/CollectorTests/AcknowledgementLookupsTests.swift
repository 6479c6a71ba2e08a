import Testing

@testable import Collector

/// Acknowledgements of an appliance that shows them in full records alone, in virtual time.
@Suite struct AcknowledgementLookupsTests {
    private typealias Breach = AcknowledgementStage.Breach
    private typealias Exporter = AcknowledgementStage.Exporter

    /// An exporter whose first lookback is over, of an appliance whose short records show no acknowledgement.
    private func exporterWithoutShortAcknowledgements(
        limit: Int = 10, _ breaches: (Int64) -> [Breach]
    ) throws -> Exporter {
        let exporter = try Exporter(limit: limit)
        exporter.appliance.shortLacksAcknowledgement = true
        exporter.appliance.breaches = breaches(exporter.script.trueTime)
        exporter.run(minutes: 30)
        #expect(exporter.appliance.fullWindows.isEmpty && exporter.appliance.singles.isEmpty)
        return exporter
    }

    @Test func `where only full records show it, up to five are requested one by one, and nothing else`() throws {
        let exporter = try exporterWithoutShortAcknowledgements { now in
            (1...9).map { Breach(id: $0, creation: now - $0 * 60_000) }
        }
        for index in 2..<7 { exporter.appliance.breaches[index].acknowledged = exporter.script.trueTime }
        exporter.run(minutes: 6)
        #expect(exporter.acknowledged == 5)
        #expect(exporter.appliance.singles == [3, 4, 5, 6, 7], "the newest first")
        #expect(exporter.appliance.fullWindows.isEmpty)
        exporter.run(minutes: 200)
        #expect(exporter.appliance.singles.count == 5, "what is counted is not requested again")

        exporter.restart()
        exporter.run(minutes: 90)
        #expect(exporter.appliance.singles.count == 5, "the ledger knows what is counted")
        exporter.appliance.breaches[0].acknowledged = exporter.script.trueTime
        exporter.run(minutes: 12)
        #expect(exporter.acknowledged == 6)
        #expect(exporter.appliance.singles.count == 6)
    }

    @Test func `more than five near each other are requested in one window, from the first to the last`() throws {
        let exporter = try exporterWithoutShortAcknowledgements { now in
            (1...99).map { Breach(id: $0, creation: now - $0 * 60_000) }
        }
        for index in 20..<26 { exporter.appliance.breaches[index].acknowledged = exporter.script.trueTime }
        exporter.run(minutes: 6)
        #expect(exporter.acknowledged == 6)
        #expect(exporter.appliance.singles.isEmpty)
        let (first, last) = (exporter.appliance.breaches[25].creation, exporter.appliance.breaches[20].creation)
        #expect(exporter.appliance.fullWindows == [first...last + 1])
    }

    @Test func `those of different days are requested one by one, the newest first, the sixth in the next poll`()
        throws
    {
        let exporter = try exporterWithoutShortAcknowledgements { now in
            (0..<300).map { Breach(id: $0, creation: now - $0 * 7_200_000 - 60_000) }
        }
        for day in 0..<6 { exporter.appliance.breaches[day * 24].acknowledged = exporter.script.trueTime }
        exporter.run(minutes: 65)
        #expect(exporter.acknowledged == 6)
        #expect(exporter.appliance.singles == [0, 24, 48, 72, 96, 120])
        #expect(exporter.appliance.fullWindows.isEmpty)
    }

    @Test func `five hundred at once are worked off in windows of a day, also across a restart`() throws {
        let exporter = try exporterWithoutShortAcknowledgements(limit: 2) { now in
            (0..<500).map { Breach(id: $0, creation: now - $0 * 3_000_000 - 60_000) }
        }
        for index in exporter.appliance.breaches.indices {
            exporter.appliance.breaches[index].acknowledged = exporter.script.trueTime
        }
        for _ in 0..<120 where (exporter.acknowledged ?? 0) < 100 { exporter.run(minutes: 1) }
        #expect((100..<500).contains(exporter.acknowledged ?? 0))
        exporter.restart()
        exporter.run(minutes: 150)
        #expect(exporter.acknowledged == 500)
        let spans = exporter.appliance.fullWindows.map { $0.upperBound - $0.lowerBound }
        #expect(spans.allSatisfy { $0 <= AcknowledgementStage.day + 1 })
        #expect(exporter.appliance.fullWindows.count <= 30)
    }

    @Test func `a breach that is neither open nor acknowledged is looked at again after a day`() throws {
        let exporter = try exporterWithoutShortAcknowledgements { now in
            (1...3).map { Breach(id: $0, creation: now - $0 * 60_000) }
        }
        exporter.appliance.hidden = [2]
        exporter.run(minutes: 23 * 60)
        #expect(exporter.appliance.singles == [2])
        exporter.run(minutes: 3 * 60)
        #expect(exporter.appliance.singles == [2, 2])
        exporter.appliance.hidden = []
        exporter.run(minutes: 6)
        exporter.appliance.breaches[1].acknowledged = exporter.script.trueTime
        exporter.run(minutes: 66)
        #expect(exporter.acknowledged == 1, "an open one is looked at as soon as it is acknowledged")
    }

    @Test func `an appliance that knows no single breaches is asked in windows`() throws {
        let exporter = try exporterWithoutShortAcknowledgements { now in
            (1...3).map { Breach(id: $0, creation: now - $0 * 60_000) }
        }
        exporter.appliance.hasSingles = false
        exporter.appliance.breaches[1].acknowledged = exporter.script.trueTime
        exporter.run(minutes: 12)
        #expect(exporter.acknowledged == 1)
        #expect(exporter.appliance.singles == [2])
        #expect(exporter.script.polls(of: .acknowledgements).allSatisfy { $0.failure == nil })
    }

    @Test func `what was acknowledged before the ledger began is in the first value`() throws {
        let exporter = try Exporter()
        exporter.appliance.shortLacksAcknowledgement = true
        let now = exporter.script.trueTime
        exporter.appliance.breaches = (0..<60).map {
            Breach(id: $0, creation: now - $0 * 36_000_000 - 60_000, acknowledged: now - 1_000)
        }
        var first: Double?
        for _ in 0..<120 where first == nil {
            exporter.run(minutes: 1)
            first = exporter.acknowledged
        }
        #expect(first == 60)
        #expect(exporter.appliance.singles.isEmpty)
    }
}
