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
        private(set) var fullRequests = 0
        private(set) var instants: [Int64] = []
        /// Lists of open breaches that span more than this time out, in milliseconds.
        var slowAbove: Int64 = .max

        init(_ script: Script) { self.script = script }

        func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
            instants.append(script.loop.now)
            let query = ModelAppliance.Query(request.target)
            if !query.isMinimal { fullRequests += 1 }
            if !query.includesAcknowledged, query.end - query.start > slowAbove {
                return TransportResult(failure: TransportError(.timeout, "slow"))
            }
            let found = breaches.filter {
                query.start <= $0.creation && $0.creation < query.end
                    && (query.includesAcknowledged || $0.acknowledged == nil)
            }
            let shows = !(query.isMinimal && shortLacksAcknowledgement)
            let head = ResponseHead(
                status: 200, headers: [.init("date", ModelAppliance.httpDate(script.trueTime))])
            receiver.receive(head)
            let body = "[\(found.map { $0.json(showsAcknowledgement: shows) }.joined(separator: ","))]"
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

    @Test func `where only full records show it they are requested, and only when there is something to find`() throws {
        let exporter = try Exporter()
        exporter.appliance.shortLacksAcknowledgement = true
        let now = exporter.script.trueTime
        exporter.appliance.breaches = (1...9).map { Breach(id: $0, creation: now - $0 * 60_000) }
        exporter.run(minutes: 30)
        #expect(exporter.appliance.fullRequests == 0)
        exporter.appliance.breaches[3].acknowledged = exporter.script.trueTime
        exporter.run(minutes: 6)
        #expect(exporter.acknowledged == 1)
        let requests = exporter.appliance.fullRequests
        #expect(requests >= 1)
        exporter.run(minutes: 20)
        #expect(exporter.appliance.fullRequests == requests)

        exporter.restart()
        exporter.run(minutes: 6)
        exporter.appliance.breaches[5].acknowledged = exporter.script.trueTime
        exporter.run(minutes: 12)
        #expect(exporter.acknowledged == 2)
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
