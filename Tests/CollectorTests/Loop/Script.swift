import Collector
import Darktrace
import Ledger
import Metrics
import SQLiteLedger
import TestSupport

/// Polling on a loop with a scripted appliance: for tests of one behaviour each.
final class Script: Transport, @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    static let origin: Int64 = 1_760_000_000_000

    let loop = Loop()
    let ledger: any FaultyLedger
    var configuration: PollConfiguration
    /// By request, from 0; the last one repeats.
    var answers: [Answer] = [Answer()]
    var credentials: Result<Credentials, SecretError> = .success(Credentials(publicToken: "p", privateToken: "q"))
    /// The responses of each gauge feed, by its requests; the last one repeats.
    var gaugeAnswers: [FeedKind: [Answer]] = [.status: [Answer(body: #"{"version":"7.1","cpu":50}"#)]]
    var statusAnswers: [Answer] {
        get { gaugeAnswers[.status] ?? [] }
        set { gaugeAnswers[.status] = newValue }
    }
    /// The responses of a path or of a whole target, by its requests; the last one repeats.
    var pathAnswers: [String: [Answer]] = [:]
    /// What an answer without a body lists, by creation.
    var population: [(creation: Int64, record: String)] = []
    /// The appliance's clock minus true time, in milliseconds.
    var offset: Int64 = 0
    private(set) var targets: [ModelAppliance.Query] = []
    private(set) var instants: [Int64] = []
    /// When `/status` was requested, in seconds of the loop.
    var statusInstants: [Double] { sent.filter { $0.path == "/status" }.map { Double($0.instant) / 1e9 } }
    /// When anything was asked, in nanoseconds of the loop, and what.
    private(set) var sent: [(instant: Int64, path: String)] = []
    /// What was asked, with the query.
    private(set) var sentTargets: [String] = []
    /// How often each path and each target was asked: counting them each time would be quadratic.
    private var counts: [String: Int] = [:]
    private(set) var events: [Event.Kind] = []
    /// When polls ended, in nanoseconds of the loop.
    private(set) var pollEnds: [(feed: FeedKind, instant: Int64)] = []
    private(set) var published: [[MetricFamily]] = []
    /// What each gauge feed exposes.
    private(set) var gauges: [FeedKind: [MetricFamily]] = [:]
    var state: [MetricFamily] { gauges[.status] ?? [] }
    private var run: Loop.Run?

    /// One answer of the appliance.
    struct Answer {
        var status = 200
        var body: String?
        var headers: [OutgoingRequest.Header] = []
        var failure: TransportError?
        /// The window is too wide for an answer in time.
        var slowAbove: Int64?
        /// Seconds.
        var delay = 0.1
        var sendsDate = true
    }

    init() throws {
        ledger = try SQLiteLedger(.memory, executor: loop)
        configuration = PollConfiguration("hq", connection: ApplianceConnection(to: UnreachableTransport()))
    }

    struct UnreachableTransport: Transport {
        func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
            TransportResult()
        }
    }

    var trueTime: Int64 { Self.origin + loop.now / 1_000_000 }

    func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
        let path = String(request.target.prefix { $0 != "?" })
        sent.append((loop.now, path))
        sentTargets.append(request.target)
        counts[path, default: 0] += 1
        if request.target != path { counts[request.target, default: 0] += 1 }
        if let answers = pathAnswers[request.target] {
            return await give(next(of: answers, for: request.target), to: receiver, nil)
        }
        if let answers = pathAnswers[path] { return await give(next(of: answers, for: path), to: receiver, nil) }
        guard let feed = gaugeAnswers.keys.first(where: { $0.path == path }), let answers = gaugeAnswers[feed] else {
            let query = ModelAppliance.Query(request.target)
            targets.append(query)
            instants.append(loop.now / 1_000_000_000)
            return await give(answers[min(targets.count, answers.count) - 1], to: receiver, query)
        }
        return await give(next(of: answers, for: path), to: receiver, nil)
    }

    private func next(of answers: [Answer], for key: String) -> Answer {
        answers[min(counts[key] ?? 1, answers.count) - 1]
    }

    private func give(
        _ answer: Answer, to receiver: any ResponseSink, _ query: ModelAppliance.Query?
    ) async -> TransportResult {
        do throws(CancellationError) {
            try await loop.sleep(until: loop.now + Int64(answer.delay * 1e9))
        } catch {
            return TransportResult(failure: TransportError(.cancelled, "cancelled"))
        }
        if let failure = answer.failure { return TransportResult(failure: failure) }
        if let limit = answer.slowAbove, let query, query.end - query.start > limit {
            var phases = Phases()
            phases.wait = 30
            return TransportResult(failure: TransportError(.timeout, "too slow"), phases: phases)
        }
        var headers = answer.headers
        if answer.sendsDate { headers.append(.init("date", ModelAppliance.httpDate(trueTime + offset))) }
        let head = ResponseHead(status: answer.status, headers: headers)
        receiver.receive(head)
        let bytes = Array((answer.body ?? query.map(list) ?? "").utf8)
        let isWanted = receiver.receive(bytes.span.bytes)
        return TransportResult(
            head: head, failure: isWanted ? nil : TransportError(.rejectedBySink, "unwanted"), bodyBytes: bytes.count)
    }

    private func list(_ query: ModelAppliance.Query) -> String {
        let found = population.filter { query.start <= $0.creation && $0.creation < query.end }
        return "[\(found.map(\.record).joined(separator: ","))]"
    }

    /// Starts the collection and runs it for this long.
    func run(seconds: Double) {
        if run == nil {
            let collection = collection
            run = loop.start { await collection.run() }
        }
        loop.run(until: loop.now + Int64(seconds * 1e9))
    }

    /// Polls once, as a process of its own does, and gives what it showed to its reader unless that process is killed
    /// before; nil when the poll has not ended within an hour.
    func pollOnce(isKilled: Bool = false) -> OnceResult? {
        let collection = collection
        let result = RoundResult()
        let visit = loop.start {
            let round = await collection.pollOnce()
            result.round = round
            if !isKilled { try? await collection.release(round) }
        }
        loop.run(until: loop.now + 3_600_000_000_000)
        return visit.isFinished ? result.round : nil
    }

    private final class RoundResult: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var round: OnceResult?
    }

    /// The collection, with all that was set since.
    var collection: PollManager { manager(over: self) }

    /// A manager that polls over this transport.
    func manager(over transport: any Transport) -> PollManager {
        let loop = loop
        configuration.connection = ApplianceConnection(to: transport) { [self] () throws(SecretError) in
            try credentials.get()
        }
        let clocks = Clocks(
            monotonicNanoseconds: { loop.look() }, wallMilliseconds: { [self] in trueTime },
            sleep: { (instant) async throws(CancellationError) in try await loop.sleep(until: instant) })
        return PollManager(
            configurations: [configuration], ledger: ledger, clocks: clocks, seed: 1,
            emit: { [self] in
                events.append($0.kind)
                if case .pollEnded(let poll) = $0.kind { pollEnds.append((poll.feed, loop.now)) }
            },
            publish: { [self] _, feed, families in
                if feed == .modelBreaches { published.append(families) } else { gauges[feed] = families }
            })
    }

    /// Cancels the collection; whether it ended without time passing.
    func stop() -> Bool {
        run?.task?.cancel()
        loop.runJobs()
        defer { run = nil }
        return run?.isFinished ?? true
    }

    func inject(_ fault: LedgerFault?) {
        let ledger = ledger
        _ = loop.start { try? await ledger.inject(fault) }
        loop.runJobs()
    }

    /// A record in the short form.
    static func record(_ id: Int64, at creation: Int64, model: String = "A::B", score: String? = "0.5") -> String {
        let score = score.map { "\"score\":\($0)," } ?? ""
        return "{\"pbid\":\(id),\"time\":\(creation - 6_000),\"creationTime\":\(creation),\(score)"
            + "\"model\":{\"then\":{\"name\":\"\(model)\",\"category\":\"Critical\"}}}"
    }

    /// The polls of model breaches that have ended.
    var polls: [PollReport] { polls(of: .modelBreaches) }

    func polls(of feed: FeedKind) -> [PollReport] {
        events.compactMap { if case .pollEnded(let poll) = $0, poll.feed == feed { poll } else { nil } }
    }

    /// The value of the only series of a family that the status shows.
    func stateValue(_ name: String) -> Double? {
        guard case .number(let value, _) = state.first(where: { $0.descriptor.name == name })?.series.first?.value
        else { return nil }
        return value
    }

    /// The value of the only series of a family in the last publication.
    func value(_ descriptor: Descriptor) -> Double? {
        guard
            case .number(let value, _) = published.last?.first(where: { $0.descriptor == descriptor })?
                .series.first?.value
        else { return nil }
        return value
    }
}

extension PollConfiguration {
    /// Model breaches alone, with settings as many sites have them.
    init(_ name: String, connection: ApplianceConnection) {
        self.init(
            name: name, connection: connection, pollInterval: .minute, feedIntervals: [:], overlap: .minute * 15,
            initialLookback: .day * 30, recheckInterval: .hour, recheckWindow: .day, requestsPerMinute: 10,
            maxModels: 2_000, newSeriesHold: .minute * 2)
    }
}

extension ApplianceConnection {
    /// A connection over a scripted transport.
    convenience init(
        to transport: any Transport, address: String = "appliance:443",
        credentials: @escaping @Sendable () throws(SecretError) -> Credentials = { () throws(SecretError) in
            Credentials(publicToken: "p", privateToken: "q")
        }
    ) {
        self.init(
            address: address,
            client: Client(transport: transport, dateFormat: .spaced, timeout: 30, userAgent: "test"),
            credentials: credentials)
    }
}

extension Script {
    /// The numbers that a feed exposes, by name and the labels that follow `appliance`.
    func exposedValues(of feed: FeedKind) -> [String: Double] { (gauges[feed] ?? []).exposedValues }
}

/// Sends the same response to every request.
struct FixedResponse: Transport {
    var status = 200
    var body = ""
    var failure: TransportError?

    func send(_ request: OutgoingRequest, to sink: any ResponseSink) async -> TransportResult {
        let head = ResponseHead(status: status, headers: [])
        sink.receive(head)
        let bytes = Array(body.utf8)
        var count = 0
        while count < bytes.count {
            let piece = Array(bytes[count..<min(count + 65_536, bytes.count)])
            count += piece.count
            guard sink.receive(piece.span.bytes) else {
                return TransportResult(
                    head: head, failure: TransportError(.rejectedBySink, "rejected"), bodyBytes: count)
            }
        }
        return TransportResult(head: head, failure: failure, bodyBytes: count)
    }
}
