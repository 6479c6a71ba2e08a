import Testing

@testable import Collector

/// The feed of acknowledgements over the real ledger, in virtual time.
@Suite struct AcknowledgementTests {
    private typealias Breach = AcknowledgementStage.Breach
    private typealias Exporter = AcknowledgementStage.Exporter
    private static let (hour, day) = (AcknowledgementStage.hour, AcknowledgementStage.day)

    @Test func `open breaches are gauges, with the oldest, and an acknowledged one is counted once with its delay`()
        throws
    {
        let exporter = try Exporter()
        let now = exporter.script.trueTime
        exporter.appliance.breaches = [
            Breach(id: 1, creation: now - 3 * Self.day), Breach(id: 2, creation: now - Self.hour),
            Breach(id: 3, creation: now - Self.hour, category: "Suspicious", acknowledged: now - Self.hour + 45_000),
        ]
        exporter.run(minutes: 6)
        #expect(exporter.open == 2)
        #expect(exporter.value(AcknowledgementMetrics.open, "compliance") == 0)
        #expect(
            exporter.value(AcknowledgementMetrics.oldest, "critical") == Double(now - 3 * Self.day) / 1_000)
        #expect(exporter.value(AcknowledgementMetrics.oldest, "suspicious") == nil)
        #expect(exporter.value(AcknowledgementMetrics.acknowledged, "suspicious") == 1, "from before the ledger")
        #expect(exporter.value(AcknowledgementMetrics.window) == 2_592_000)

        exporter.appliance.breaches[1].acknowledged = exporter.script.trueTime
        exporter.run(minutes: 6)
        #expect(exporter.open == 1)
        #expect(exporter.acknowledged == 1)
        #expect(exporter.value(AcknowledgementMetrics.delay, "critical") == 1)
    }

    @Test func `an old breach is found acknowledged within the hour, a new one at the next poll`() throws {
        let exporter = try Exporter()
        let now = exporter.script.trueTime
        exporter.appliance.breaches = [
            Breach(id: 1, creation: now - 20 * Self.day), Breach(id: 2, creation: now - Self.hour),
        ]
        exporter.run(minutes: 90)
        for index in [0, 1] { exporter.appliance.breaches[index].acknowledged = exporter.script.trueTime }
        exporter.run(minutes: 6)
        #expect(exporter.open == 0)
        #expect((exporter.acknowledged ?? 0) >= 1)
        exporter.run(minutes: 70)
        #expect(exporter.acknowledged == 2)
    }

    @Test func `a breach that is reopened is open at once, and counts once when it is acknowledged again`() throws {
        let exporter = try Exporter()
        exporter.appliance.breaches = [Breach(id: 1, creation: exporter.script.trueTime - Self.hour)]
        exporter.run(minutes: 6)
        for turn in 0..<3 {
            exporter.appliance.breaches[0].acknowledged = exporter.script.trueTime
            exporter.run(minutes: 6)
            #expect(exporter.open == 0)
            #expect(exporter.acknowledged == 1)
            exporter.appliance.breaches[0].acknowledged = nil
            if turn == 1 { exporter.restart() }
            exporter.run(minutes: 6)
            #expect(exporter.open == 1)
        }
        exporter.run(minutes: 90)
        #expect(exporter.acknowledged == 1)
    }

    @Test func `five hundred that are acknowledged at once are all counted, also across a restart`() throws {
        let exporter = try Exporter(limit: 1)
        let now = exporter.script.trueTime
        exporter.appliance.breaches = (0..<500).map { Breach(id: $0, creation: now - $0 * 3_000_000) }
        exporter.run(minutes: 30)
        for index in exporter.appliance.breaches.indices {
            exporter.appliance.breaches[index].acknowledged = exporter.script.trueTime
        }
        exporter.run(minutes: 7)
        let before = exporter.appliance.instants.count
        exporter.restart()
        exporter.run(minutes: 150)
        #expect(exporter.acknowledged == 500)
        #expect(exporter.open == 0)
        // A process has a budget of its own.
        let instants = exporter.appliance.instants
        for part in [instants.prefix(before), instants.dropFirst(before)] {
            for (one, next) in zip(part, part.dropFirst()) { #expect(next - one >= 120_000_000_000) }
        }
    }

    @Test func `a list that is too slow is read in parts`() throws {
        let exporter = try Exporter()
        exporter.appliance.slowAbove = 5 * Self.day
        let now = exporter.script.trueTime
        exporter.appliance.breaches = (0..<29).map { Breach(id: $0, creation: now - $0 * Self.day) }
        exporter.run(minutes: 180)
        #expect(exporter.open == 29)
    }

    @Test func `a failure in between costs one part of the list only, unless it is long ago`() throws {
        let exporter = try Exporter()
        exporter.appliance.slowAbove = 5 * Self.day
        exporter.appliance.failsEvery = 5
        let now = exporter.script.trueTime
        exporter.appliance.breaches = (0..<29).map { Breach(id: $0, creation: now - $0 * Self.day) }
        exporter.run(minutes: 240)
        #expect(exporter.open == 29)
        exporter.appliance.failsEvery = 1
        exporter.run(minutes: 240)
        #expect(exporter.open == nil)
        // Acknowledged while nothing could be read: a part of the list from before would still have it.
        exporter.appliance.breaches = []
        exporter.appliance.failsEvery = nil
        exporter.run(minutes: 240)
        #expect(exporter.open == 0)
    }

    @Test func `what is older than the window leaves the gauges`() throws {
        let exporter = try Exporter()
        exporter.script.configuration.feedWindows[.acknowledgements] = .seconds(86_400)
        exporter.appliance.breaches = [Breach(id: 1, creation: exporter.script.trueTime - 23 * Self.hour)]
        exporter.run(minutes: 6)
        #expect(exporter.open == 1)
        exporter.run(minutes: 90)
        #expect(exporter.open == 0)
    }
}
