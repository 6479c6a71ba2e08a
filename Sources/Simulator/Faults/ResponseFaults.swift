import Gzip
import HTTPServer

/// Faults of the body and its transport.
struct BodyFaults {
    private let faults: ActiveFaults

    init(_ faults: ActiveFaults) { self.faults = faults }

    /// Applies the faults to headers and body of a response.
    func apply(to response: inout Response, acceptsGzip: Bool) {
        if let type = faults.value(.contentType) {
            response.headers.removeAll { $0.name == "Content-Type" }
            response.headers.append(("Content-Type", type))
        }
        // An endless list cannot be buffered first.
        if faults.isOn(.gzip), acceptsGzip, !faults.isOn(.endless) { compress(&response) }
        if faults.isOn(.contentLength), !faults.isOn(.endless), case .stream(let body, nil) = response.body {
            response.body = .buffers([SharedBuffer(Self.drain(body))])
        }
        limit(&response, .truncated, .end, keepsLength: false)
        limit(&response, .cut, .abort(reset: false), keepsLength: true)
        limit(&response, .resetBody, .abort(reset: true), keepsLength: true)
        limit(&response, .stall, .wait(Wakeup()), keepsLength: true)
        if let rate = faults.number(.slow), let (body, length) = Self.pulled(response.body) {
            response.body = .stream(SlowBody(body, bytesPerSecond: Int(rate)), length: length)
        }
    }

    private func limit(_ response: inout Response, _ fault: Fault, _ ending: StreamChunk, keepsLength: Bool) {
        guard let bytes = faults.number(fault), let (body, length) = Self.pulled(response.body) else { return }
        let limited = LimitedBody(body, bytes: Int(bytes), ending: ending)
        response.body = .stream(limited, length: keepsLength ? length : nil)
    }

    /// A body as a stream, with its length if known; nil for an empty body.
    private static func pulled(_ body: Response.Body) -> (any BodyStream, Int?)? {
        switch body {
        case .buffers(let pieces):
            let bytes = pieces.flatMap(\.bytes)
            return bytes.isEmpty ? nil : (BufferedBody(bytes), bytes.count)
        case .stream(let body, let length): return (body, length)
        case .shared, .deferred, .abort: return nil
        }
    }

    static func drain(_ body: any BodyStream) -> [UInt8] {
        var bytes: [UInt8] = []
        while case .bytes(let piece) = body.next() { bytes.append(contentsOf: piece) }
        return bytes
    }

    /// Compresses the body; only the result is in memory.
    private func compress(_ response: inout Response) {
        guard let (body, _) = Self.pulled(response.body), let packed = try? Self.packed(body) else { return }
        response.headers.append(("Content-Encoding", "gzip"))
        response.body = .buffers([SharedBuffer(packed)])
    }

    private static func packed(_ body: any BodyStream) throws(GzipError) -> [UInt8] {
        let compressor = try Compressor()
        var pieces: [DeflatedPiece] = []
        while case .bytes(let piece) = body.next() { pieces.append(try compressor.compress(piece)) }
        let member = GzipPrefix(pieces)
        return member.bytes + member.ending(with: [])
    }
}

/// Faults after a valid signature: permissions and unexpected content.
struct ContentFaults {
    private let faults: ActiveFaults
    private let path: String

    init(_ faults: ActiveFaults, path: String) {
        self.faults = faults
        self.path = path
    }

    /// The response; nil when the endpoint responds.
    var response: Response? {
        if let status = faults.value(.permission) { return Reply.forbidden(asRedirect: status == "302") }
        if faults.isOn(.inputError) { return Reply.error("INPUT ERROR", path: path) }
        if faults.isOn(.notFound) { return Reply.notFound("Not found") }
        if faults.isOn(.emptyBody) { return Reply.buffered(200, type: Reply.jsonType, []) }
        if faults.isOn(.notJSON) {
            return Reply.buffered(200, type: Reply.jsonType, Array("Service is starting, please wait.\n".utf8))
        }
        guard let content = faults.value(.wrongContent) else { return nil }
        switch content {
        case "null": return Reply.json(.null)
        case "number": return Reply.json(42)
        case "text": return Reply.json("modelbreaches")
        case "nested": return Reply.json(["modelbreaches": [["pbid": 1]]])
        default: return Reply.json([:])
        }
    }
}

/// Faults before the signature check: network, proxy, gateway.
struct GatewayFaults {
    private let faults: ActiveFaults
    private let now: Int64

    /// `now` is the appliance's clock, for dates in headers.
    init(_ faults: ActiveFaults, now: Int64) {
        self.faults = faults
        self.now = now
    }

    /// The response; nil when the request reaches the appliance.
    var response: Response? {
        if faults.isOn(.silent) { return .silence }
        if faults.isOn(.reset) { return .abort }
        if let text = faults.value(.serverError), let status = Int(text) { return serverError(status) }
        if let seconds = faults.number(.rateLimited) { return rateLimited(seconds) }
        if faults.isOn(.loginPage) { return Reply.loginPage }
        return nil
    }

    private func serverError(_ status: Int) -> Response {
        let text =
            switch status {
            case 502: "Bad Gateway"
            case 503: "Service Unavailable"
            case 504: "Gateway Timeout"
            default: "Internal Server Error"
            }
        return Reply.buffered(status, type: "text/plain; charset=utf-8", Array(text.utf8))
    }

    private func rateLimited(_ seconds: Double) -> Response {
        var response = Reply.json(["error": "Too Many Requests"], status: 429)
        switch faults.value(.retryAfterForm) {
        case "none": break
        case "date":
            let date = CivilTime(milliseconds: now + Int64(seconds * 1_000)).httpDate
            response.headers.append(("Retry-After", date))
        default: response.headers.append(("Retry-After", String(Int(seconds))))
        }
        return response
    }
}

extension Response {
    /// Sends nothing, not even the status line, for this long; the connection is suspended until then.
    func delayed(byMilliseconds milliseconds: Int) -> Response {
        .deferred(Wakeup(afterMilliseconds: milliseconds)) { _ in self }
    }

    /// Accepts the request and never responds: the connection ends by its timeout, its client or the server's stop.
    static var silence: Response { .deferred(Wakeup()) { _ in .abort } }
}

extension Wakeup {
    /// Makes a wakeup that fires after this time.
    convenience init(afterMilliseconds milliseconds: Int) {
        self.init()
        Task {
            try? await Task.sleep(for: .milliseconds(max(1, milliseconds)))
            fire()
        }
    }
}
