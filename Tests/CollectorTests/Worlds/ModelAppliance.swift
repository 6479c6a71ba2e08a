import Collector
import Darktrace
import Glibc

/// The scripted network of a world: an appliance that serves a history, with faults.
final class ModelAppliance: Transport, @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    let loop: Loop
    let history: History
    let profile: FaultProfile
    var rng: SeededRNG
    /// Records of model breaches that were made before.
    var cache: [Int: [UInt8]] = [:]
    private(set) var requestCount = 0
    /// Requests of secondary feeds, by path.
    private(set) var feedRequests: [String: Int] = [:]
    /// When requests were sent since the process started, in nanoseconds of the loop.
    private var sent: [Int64] = []
    /// Those of secondary feeds.
    private var secondarySent: [Int64] = []
    /// When each endpoint was refused last, since the polls started.
    private var refused: [String: Int64] = [:]
    private(set) var isInFlight = false
    /// Violations of the rules for clients.
    private(set) var violations: [String] = []
    /// Learns of each complete response to a request for a state, with the true time that it is of.
    var onDelivery: ((ReportedState, Query, Int64) -> Void)?

    /// A state that is reported, and not counted.
    enum ReportedState {
        case openBreaches, incidents, actionSummary, waitingActions
    }

    init(loop: Loop, history: History, profile: FaultProfile, rng: SeededRNG) {
        self.loop = loop
        self.history = history
        self.profile = profile
        self.rng = rng
    }

    /// True time in milliseconds since 1970.
    var trueTime: Int64 { History.origin + loop.now / 1_000_000 }
    var clock: Int64 { clock(at: trueTime) }

    func clock(at instant: Int64) -> Int64 { instant + history.applianceOffset(at: instant) }

    /// A process starts, with a budget of its own.
    func beginProcess() {
        sent = []
        secondarySent = []
    }

    /// Polls start, also after a reload: they may ask again for what was refused.
    func beginPolls() { refused = [:] }

    func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
        begin(request)
        defer { isInFlight = false }
        do throws(CancellationError) {
            try await pause(rng.once(in: 10) ? 8_000 : rng.pick(5...400))
            let path = String(request.target.prefix { $0 != "?" })
            let query = Query(request.target)
            if query.id == nil, query.end < query.start || (path == FeedKind.modelBreaches.path && query.start < 0) {
                violations.append("odd window \(request.target)")
            }
            if path == FeedKind.modelBreaches.path {
                if !query.includesAcknowledged { feedRequests[path, default: 0] += 1 }
                return try await sendBreaches(query, to: receiver)
            }
            feedRequests[path, default: 0] += 1
            if let refusal = profile.refusal { return refuse(request.target, path, refusal, receiver) }
            return try await sendState(path, query, to: receiver)
        } catch {
            return TransportResult(failure: TransportError(.cancelled, "cancelled"))
        }
    }

    // MARK: Rules for clients

    private func begin(_ request: OutgoingRequest) {
        if isInFlight { violations.append("two requests in flight") }
        isInFlight = true
        requestCount += 1
        let limit = profile.requestsPerMinute
        sent.append(loop.now)
        if exceeds(sent, limit, seconds: 60) { violations.append("more requests in a minute than the budget") }
        guard !request.target.hasPrefix(FeedKind.modelBreaches.path) else { return }
        secondarySent.append(loop.now)
        if exceeds(secondarySent, max(1, limit / 2), seconds: limit == 1 ? 120 : 60) {
            violations.append("more requests of secondary feeds than half of the budget")
        }
    }

    private func exceeds(_ sent: [Int64], _ limit: Int, seconds: Int64) -> Bool {
        sent.count > limit && sent[sent.count - 1] - sent[sent.count - 1 - limit] < seconds * 1_000_000_000
    }

    /// Refuses an endpoint, which the exporter may then ask for once in half an hour.
    private func refuse(
        _ target: String, _ path: String, _ refusal: FaultProfile.Refusal, _ receiver: any ResponseSink
    ) -> TransportResult {
        let isOptional = Feeds.all.first { $0.paths.contains(path) }?.isOptional == true
        // Statistics have two requests of one path.
        let endpoint = target.hasSuffix("mitreTactics=true") ? target : path
        if isOptional, let last = refused[endpoint], loop.now - last < 1_800_000_000_000 {
            violations.append("\(path) was asked \((loop.now - last) / 1_000_000_000) s after it was refused")
        }
        refused[endpoint] = loop.now
        return respond(refusal.status, refusal.body(path), receiver)
    }

    // MARK: Faults

    func pause(_ milliseconds: Int64) async throws(CancellationError) {
        try await loop.sleep(until: loop.now + milliseconds * 1_000_000)
    }

    func drawFault() -> RequestFault {
        let now = trueTime
        guard now < history.faultsEnd else { return .fine }
        if let outage = history.outages.first(where: { $0.from <= now && now < $0.to }) { return outage.fault }
        return profile.faultEvery > 0 && rng.once(in: profile.faultEvery) ? .bad(&rng) : .fine
    }

    func keepWaiting(_ why: String) async throws(CancellationError) -> TransportResult {
        try await pause(30_000)
        var phases = Phases()
        phases.wait = 30
        return TransportResult(failure: TransportError(.timeout, why), phases: phases)
    }

    // MARK: Responses

    func head(_ status: Int, _ more: [OutgoingRequest.Header] = []) -> ResponseHead {
        var headers = more
        if profile.sendsDate {
            headers.append(.init("date", Self.httpDate(clock + Int64(requestCount % 2) * profile.swing)))
        }
        return ResponseHead(status: status, headers: headers)
    }

    /// Sends a short response as a whole.
    func respond(
        _ status: Int, _ body: String, _ receiver: any ResponseSink, _ more: [OutgoingRequest.Header] = []
    ) -> TransportResult {
        let head = head(status, more)
        receiver.receive(head)
        let bytes = Array(body.utf8)
        _ = receiver.receive(bytes.span.bytes)
        return TransportResult(head: head, bodyBytes: bytes.count)
    }

    static func httpDate(_ milliseconds: Int64) -> String {
        var instant = time_t(milliseconds / 1_000)
        var fields = tm()
        gmtime_r(&instant, &fields)
        var buffer = [CChar](repeating: 0, count: 40)
        let length = strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &fields)
        return String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
