import Darktrace
import Metrics
import Testing

@testable import Collector

/// The feed of acknowledgements over the real ledger, in virtual time.
@Suite struct AcknowledgementTests {
    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 86_400_000

    /// A breach of the test's appliance.
    private struct Breach {
        let id: Int64
        /// In milliseconds since 1970.
        let creation: Int64
        var category = "Critical"
        /// When it was acknowledged; nil while it is open.
        var acknowledged: Int64?

        func json(showsAcknowledgement: Bool) -> String {
            let shown = showsAcknowledgement ? acknowledged : nil
            let acknowledgement = shown.map { #""acknowledged":{"time":\#($0),"username":"analyst"},"# } ?? ""
            return #"{"pbid":\#(id),"time":\#(creation),"creationTime":\#(creation),"score":0.5,\#(acknowledgement)"#
                + #""model":{"then":{"name":"A::B","category":"\#(category)"}}}"#
        }
    }

    /// An appliance with breaches that a test acknowledges.
    private final class Appliance: Transport, @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        private let script: Script
        var breaches: [Breach] = []
        /// Short records have no acknowledgement.
        var shortLacksAcknowledgement = false
        /// Windows of full records.
        private(set) var fullWindows: [ClosedRange<Int64>] = []
        /// Breaches that were requested alone, by id.
        private(set) var singles: [Int64] = []
        /// Ids of breaches that the list of open ones lacks, though they are open.
        var hidden: Set<Int64> = []
        /// It answers them; otherwise with INPUT ERROR.
        var hasSingles = true
        private(set) var instants: [Int64] = []
        /// Lists of open breaches that span more than this time out, in milliseconds.
        var slowAbove: Int64 = .max

        init(_ script: Script) { self.script = script }

        func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
            instants.append(script.loop.now)
            let query = ModelAppliance.Query(request.target)
            if let id = query.id {
                singles.append(id)
                let found = breaches.first { $0.id == id }
                if !hasSingles { return respond(400, #"{"modelbreaches":"INPUT ERROR"}"#, receiver) }
                return respond(found == nil ? 404 : 200, found?.json(showsAcknowledgement: true) ?? "", receiver)
            }
            if !query.isMinimal { fullWindows.append(query.start...query.end) }
            if !query.includesAcknowledged, query.end - query.start > slowAbove {
                return TransportResult(failure: TransportError(.timeout, "slow"))
            }
            let found = breaches.filter {
                query.start <= $0.creation && $0.creation < query.end
                    && (query.includesAcknowledged || ($0.acknowledged == nil && !hidden.contains($0.id)))
            }
            let shows = !(query.isMinimal && shortLacksAcknowledgement)
            return respond(
                200, "[\(found.map { $0.json(showsAcknowledgement: shows) }.joined(separator: ","))]", receiver)
        }

        private func respond(_ status: Int, _ body: String, _ receiver: any ResponseSink) -> TransportResult {
            let head = ResponseHead(
                status: status, headers: [.init("date", ModelAppliance.httpDate(script.trueTime))])
            receiver.receive(head)
            let bytes = Array(body.utf8)
            _ = receiver.receive(bytes.span.bytes)
            return TransportResult(head: head, bodyBytes: bytes.count)
        }
    }

    /// A running exporter that polls acknowledgements alone.
    private final class Exporter {
        let script: Script
        let appliance: Appliance
        private var run: Loop.Run?

        init(limit: Int = 10) throws {
            script = try Script()
            appliance = Appliance(script)
            script.configuration.requestsPerMinute = limit
            script.configuration.pollsModelBreaches = false
            script.configuration.feedIntervals[.acknowledgements] = 300
        }

        func run(minutes: Int64) {
            if run == nil {
                let manager = script.manager(over: appliance)
                run = script.loop.start { [script] in
                    // As the program starts: with what the ledger holds.
                    let restored = await PollManager.restore([script.configuration], from: script.ledger) { _, _, _ in }
                    await manager.run(from: restored)
                }
            }
            script.loop.run(until: script.loop.now + minutes * 60_000_000_000)
        }

        func restart() {
            run?.task?.cancel()
            script.loop.runJobs()
            run = nil
        }

        /// The value of a series, by the label values after the appliance.
        func value(_ descriptor: Descriptor, _ labels: String...) -> Double? {
            let family = script.gauges[.acknowledgements]?.first { $0.descriptor == descriptor }
            let series = family?.series.first { $0.labels.texts.dropFirst().elementsEqual(labels) }
            switch series?.value {
            case .number(let value, _): return value
            case .histogram(let histogram): return histogram.counts.reduce(0, +)
            case nil: return nil
            }
        }

        var acknowledged: Double? { value(AcknowledgementMetrics.acknowledged, "critical") }
        var open: Double? { value(AcknowledgementMetrics.open, "critical") }
    }

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

    @Test func `those of different days are requested one by one, the newest first, the sixth at the next poll`() throws {
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
        #expect(exporter.appliance.fullWindows.allSatisfy { $0.upperBound - $0.lowerBound <= Self.day + 1 })
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

    @Test func `a list that is too slow is read in parts`() throws {
        let exporter = try Exporter()
        exporter.appliance.slowAbove = 5 * Self.day
        let now = exporter.script.trueTime
        exporter.appliance.breaches = (0..<29).map { Breach(id: $0, creation: now - $0 * Self.day) }
        exporter.run(minutes: 180)
        #expect(exporter.open == 29)
    }

    @Test func `what is older than the window leaves the gauges`() throws {
        let exporter = try Exporter()
        exporter.script.configuration.feedWindows[.acknowledgements] = 86_400
        exporter.appliance.breaches = [Breach(id: 1, creation: exporter.script.trueTime - 23 * Self.hour)]
        exporter.run(minutes: 6)
        #expect(exporter.open == 1)
        exporter.run(minutes: 90)
        #expect(exporter.open == 0)
    }
}
