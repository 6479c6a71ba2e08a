import Darktrace
import Metrics

@testable import Collector

/// An appliance whose breaches a test acknowledges, and an exporter that polls it in virtual time.
enum AcknowledgementStage {
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    /// A breach of the test's appliance.
    struct Breach {
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
    final class Appliance: Transport, @unchecked Sendable {
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
        /// Of the lists of open breaches, each of this number fails.
        var failsEvery: Int?
        private var lists = 0

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
            if !query.includesAcknowledged {
                lists += 1
                if let failsEvery, lists.isMultiple(of: failsEvery) { return respond(503, "", receiver) }
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
    final class Exporter {
        let script: Script
        let appliance: Appliance
        private var run: Loop.Run?

        init(limit: Int = 10) throws {
            script = try Script()
            appliance = Appliance(script)
            script.configuration.requestsPerMinute = limit
            script.configuration.pollsModelBreaches = false
            script.configuration.feedIntervals[.acknowledgements] = .seconds(300)
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
}
