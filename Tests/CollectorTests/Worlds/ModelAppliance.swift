import Collector
import Darktrace
import Glibc

/// The scripted network of a world: an appliance that serves a history, with faults.
final class ModelAppliance: Transport, @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    private let loop: Loop
    private let history: History
    private let profile: FaultProfile
    private var rng: SeededRNG
    private var cache: [Int: [UInt8]] = [:]
    private(set) var requestCount = 0
    /// Requests of secondary feeds, by path.
    private(set) var feedRequests: [String: Int] = [:]
    /// When requests were sent since the process started, in nanoseconds of the loop.
    private var sent: [Int64] = []
    /// Those of secondary feeds.
    private var secondarySent: [Int64] = []
    private(set) var isInFlight = false
    /// Violations of the rules for clients.
    private(set) var violations: [String] = []

    init(loop: Loop, history: History, profile: FaultProfile, rng: SeededRNG) {
        self.loop = loop
        self.history = history
        self.profile = profile
        self.rng = rng
    }

    /// True time in milliseconds since 1970.
    var trueTime: Int64 { History.origin + loop.now / 1_000_000 }
    private var clock: Int64 { trueTime + history.applianceOffset(at: trueTime) }

    func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
        begin(request)
        defer { isInFlight = false }
        do throws(CancellationError) {
            try await pause(rng.once(in: 10) ? 8_000 : rng.pick(5...400))
            let path = String(request.target.prefix { $0 != "?" })
            if path != FeedKind.modelBreaches.path { return try await sendState(path, to: receiver) }
            return try await answer(request, to: receiver)
        } catch {
            return TransportResult(failure: TransportError(.cancelled, "cancelled"))
        }
    }

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

    /// A process starts, with a budget of its own.
    func beginProcess() {
        sent = []
        secondarySent = []
    }

    private func pause(_ milliseconds: Int64) async throws(CancellationError) {
        try await loop.sleep(until: loop.now + milliseconds * 1_000_000)
    }

    private func drawFault() -> RequestFault {
        let now = trueTime
        guard now < history.faultsEnd else { return .fine }
        if let outage = history.outages.first(where: { $0.from <= now && now < $0.to }) { return outage.fault }
        return profile.faultEvery > 0 && rng.once(in: profile.faultEvery) ? .bad(&rng) : .fine
    }

    private func answer(
        _ request: OutgoingRequest, to receiver: any ResponseSink
    ) async throws(CancellationError) -> TransportResult {
        let query = Query(request.target)
        if !query.includesAcknowledged { feedRequests[FeedKind.modelBreaches.path, default: 0] += 1 }
        if query.id == nil, query.end < query.start || query.start < 0 {
            violations.append("odd window \(request.target)")
        }
        let records = records(for: query)
        let fault = drawFault()
        if records.count > profile.slowAbove, query.end - query.start > 60_000 {
            return try await keepWaiting("slow")
        }
        switch fault {
        case .noConnection: return TransportResult(failure: TransportError(.connect, "refused"))
        case .timeout:
            return try await keepWaiting("silent")
        case .serverError: return refuse(500, "<html>oops</html>", receiver)
        case .gatewayTimeout: return refuse(504, "gateway timeout", receiver)
        case .rateLimited: return refuse(429, "slow down", receiver, [.init("retry-after", "\(rng.pick(1...300))")])
        case .signature: return refuse(400, "{\"modelbreaches\": \"API SIGNATURE ERROR\"}", receiver)
        case .date: return refuse(400, "{\"modelbreaches\": \"API DATE ERROR\"}", receiver)
        case .login: return refuse(302, "Found. Redirecting to /login", receiver)
        case .forbidden: return refuse(403, "{ \"error\": \"403 Forbidden\" }", receiver)
        case .page: return refuse(200, "<html><title>Log In | Darktrace</title></html>", receiver)
        case .empty: return refuse(200, "", receiver)
        case .fine, .timeoutInBody, .cut, .silentCut, .garbageAfter:
            guard query.id == nil || !records.isEmpty else { return refuse(404, "Not found", receiver) }
            return try await stream(records, isList: query.id == nil, fault, receiver)
        }
    }

    /// Serves the endpoint of a secondary feed, which some credentials may not read.
    private func sendState(
        _ path: String, to receiver: any ResponseSink
    ) async throws(CancellationError) -> TransportResult {
        feedRequests[path, default: 0] += 1
        if profile.forbidsFeeds { return refuse(302, "Found. Redirecting to /403", receiver) }
        let body =
            switch path {
            case "/status": #"{"version":"7.1","cpu":50,"probes":{"12":{"cpu":"7"}}}"#
            case "/antigena/summary": #"{"activeCount":3,"pendingCount":1}"#
            default: #"[{"id":"g1","category":"critical","groupScore":12.5},{"id":"g2","category":null}]"#
            }
        switch drawFault() {
        case .fine: return refuse(200, body, receiver)
        case .noConnection: return TransportResult(failure: TransportError(.connect, "refused"))
        case .timeout, .timeoutInBody, .gatewayTimeout: return try await keepWaiting("silent")
        case .cut, .silentCut, .garbageAfter: return refuse(200, #"{"cpu":50"#, receiver)
        case .empty: return refuse(200, "", receiver)
        case .page: return refuse(200, "<html><title>Log In | Darktrace</title></html>", receiver)
        case .serverError: return refuse(500, "", receiver)
        case .rateLimited: return refuse(429, "slow down", receiver, [.init("retry-after", "\(rng.pick(1...300))")])
        case .signature: return refuse(400, "{\"\(path.dropFirst())\": \"API SIGNATURE ERROR\"}", receiver)
        case .date: return refuse(400, "{\"status\": \"API DATE ERROR\"}", receiver)
        case .login: return refuse(302, "Found. Redirecting to /login", receiver)
        case .forbidden: return refuse(403, "{ \"error\": \"403 Forbidden\" }", receiver)
        }
    }

    private func keepWaiting(_ why: String) async throws(CancellationError) -> TransportResult {
        try await pause(30_000)
        var phases = Phases()
        phases.wait = 30
        return TransportResult(failure: TransportError(.timeout, why), phases: phases)
    }

    private func head(_ status: Int, _ more: [OutgoingRequest.Header] = []) -> ResponseHead {
        var headers = more
        if profile.sendsDate {
            headers.append(.init("date", Self.httpDate(clock + Int64(requestCount % 2) * profile.swing)))
        }
        return ResponseHead(status: status, headers: headers)
    }

    private func refuse(
        _ status: Int, _ body: String, _ receiver: any ResponseSink, _ more: [OutgoingRequest.Header] = []
    ) -> TransportResult {
        let head = head(status, more)
        receiver.receive(head)
        let bytes = Array(body.utf8)
        _ = receiver.receive(bytes.span.bytes)
        return TransportResult(head: head, bodyBytes: bytes.count)
    }

    private func stream(
        _ records: [[UInt8]], isList: Bool, _ fault: RequestFault, _ receiver: any ResponseSink
    ) async throws(CancellationError) -> TransportResult {
        let head = head(200)
        receiver.receive(head)
        var body = Array((isList ? "[" : "").utf8)
        for record in isList ? records : Array(records.prefix(1)) {
            if body.count > 1 { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: record)
        }
        if isList { body.append(UInt8(ascii: "]")) }
        switch fault {
        case .cut, .silentCut, .timeoutInBody: body.removeLast(Int(rng.pick(1...Int64(body.count))))
        case .garbageAfter: body.append(contentsOf: Array("]x".utf8))
        default: break
        }
        let middle = body.count / 2
        var exchange = TransportResult(head: head, bodyBytes: body.count)
        for piece in [Array(body[..<middle]), Array(body[middle...])] {
            guard receiver.receive(piece.span.bytes) else {
                exchange.failure = TransportError(.rejectedBySink, "unwanted")
                return exchange
            }
            if rng.once(in: 3) {
                try await pause(20)
                exchange.phases.transfer += 0.02
            }
        }
        switch fault {
        case .cut: exchange.failure = TransportError(.malformed, "connection closed")
        case .timeoutInBody:
            try await pause(30_000)
            exchange.phases.transfer += 30
            exchange.failure = TransportError(.timeout, "slow body")
        default: break
        }
        return exchange
    }

    private func records(for query: Query) -> [[UInt8]] {
        let now = trueTime
        var found: [(key: Int64, index: Int)] = []
        for (index, breach) in history.breaches.enumerated() where breach.listed <= now {
            guard query.includesAcknowledged || breach.acknowledged(at: now) == nil else { continue }
            let time = query.byCreation && profile.honoursCreation ? breach.creation : breach.activity
            if let id = query.id {
                if breach.id == id { found.append((-time, index)) }
                continue
            }
            guard time >= query.start, time < query.end + (profile.includesEnd ? 1 : 0) else { continue }
            found.append((time, index))
        }
        found.sort { profile.listsNewestFirst ? $0.key > $1.key : $0.key < $1.key }
        // After a reset of the appliance only the newest breach of an id is left.
        if query.id != nil { return found.min { $0.key < $1.key }.map { [json($0.index, isShort: false, now)] } ?? [] }
        // A response may list a record twice.
        if let first = found.first, rng.once(in: 10) { found.append(first) }
        return found.map { json($0.index, isShort: query.isMinimal && profile.shortLacksScore, now) }
    }

    private func json(_ index: Int, isShort: Bool, _ now: Int64) -> [UInt8] {
        let breach = history.breaches[index]
        let acknowledged = breach.acknowledged(at: now)
        let state = acknowledged == nil ? 0 : acknowledged == breach.listed + 1_800_000 ? 1 : 2
        let key = index * 8 + (isShort ? 4 : 0) + state
        if let known = cache[key] { return known }
        let bytes = breach.json(
            isShort: isShort, acknowledged: acknowledged.map { $0 + history.applianceOffset(at: $0) })
        cache[key] = bytes
        return bytes
    }

    static func httpDate(_ milliseconds: Int64) -> String {
        var instant = time_t(milliseconds / 1_000)
        var fields = tm()
        gmtime_r(&instant, &fields)
        var buffer = [CChar](repeating: 0, count: 40)
        let length = strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &fields)
        return String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The parameters of a request.
    struct Query: Equatable {
        var start: Int64 = -1
        var end: Int64 = -1
        var byCreation = false
        var isMinimal = false
        var includesAcknowledged = false
        /// Of a request for one breach.
        var id: Int64?

        init(_ target: String) {
            for pair in target.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
                let parts = pair.split(separator: "=")
                guard parts.count == 2 else { continue }
                switch parts[0] {
                case "starttime": start = Int64(parts[1]) ?? -1
                case "endtime": end = Int64(parts[1]) ?? -1
                case "creationtime": byCreation = parts[1] == "true"
                case "includeacknowledged": includesAcknowledged = parts[1] == "true"
                case "pbid": id = Int64(parts[1])
                case "minimal": isMinimal = parts[1] == "true"
                default: break
                }
            }
        }
    }
}
