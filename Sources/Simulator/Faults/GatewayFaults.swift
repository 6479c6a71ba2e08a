import HTTPServer

/// What goes wrong before anybody looks at the signature: the network, a proxy, a gateway in front.
struct GatewayFaults {
    private let faults: ActiveFaults
    private let now: Int64

    /// `now` is the appliance's clock, for dates in headers.
    init(_ faults: ActiveFaults, now: Int64) {
        self.faults = faults
        self.now = now
    }

    /// Nil when the request comes through.
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
        return Reply.whole(status, type: "text/plain; charset=utf-8", Array(text.utf8))
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
