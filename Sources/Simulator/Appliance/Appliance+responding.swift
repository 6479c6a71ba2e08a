import HTTPServer

extension Appliance {
    /// The response to a request with this appliance's public token, or with an unknown one.
    func response(to request: borrowing Request, isKnownToken: Bool) -> Response {
        let faults = switches.draw(path: request.path)
        let now = world.now
        var (outcome, response) = answer(request, faults, isKnownToken: isKnownToken, at: now)
        BodyFaults(faults).apply(to: &response, acceptsGzip: Self.acceptsGzip(request))
        response.headers.append(("Date", CivilTime(milliseconds: shownTime(at: now)).httpDate))
        requests.add(
            RequestLog.Entry(
                time: now, target: Self.target(of: request), status: response.status, outcome: outcome,
                userAgent: request.values(of: "user-agent").first ?? ""))
        if let delay = faults.number(.delay), !faults.isOn(.silent) {
            response = response.delayed(byMilliseconds: Int(delay))
        }
        return response
    }

    private func answer(
        _ request: borrowing Request, _ faults: ActiveFaults, isKnownToken: Bool, at now: Int64
    ) -> (String, Response) {
        if let response = GatewayFaults(faults, now: shownTime(at: now)).response { return ("gateway", response) }
        let loginForm = faults.value(.loginForm).flatMap(Reply.LoginForm.init) ?? .new
        if faults.isOn(.loggedOut) { return ("logged out", Reply.noCredentials(loginForm, host: hostName ?? name)) }
        if request.path == "/login" { return ("login page", Reply.loginPage) }
        guard request.values(of: "dtapi-token").first != nil else {
            return ("no credentials", Reply.noCredentials(loginForm, host: hostName ?? name))
        }
        guard isKnownToken, !faults.isOn(.revokedToken) else {
            return ("unknown token", Self.unknownToken(faults, request.path, loginForm))
        }
        if let refusal = verifier(faults, at: now).refusal(
            target: Self.target(of: request), body: request.body, date: request.values(of: "dtapi-date").first ?? "",
            signature: request.values(of: "dtapi-signature").first ?? "")
        {
            return ("\(refusal)", Reply.error(refusal.rawValue, path: request.path))
        }
        if let response = ContentFaults(faults, path: request.path).response { return ("content", response) }
        switch request.method {
        case "GET", "HEAD": break
        case "POST": return ("changed", change(request, at: now) ?? Reply.loginNeeded(loginForm))
        default: return ("login", Reply.loginNeeded(loginForm))
        }
        return ("answered", endpoint(request.path, QueryItems(request.query), faults, loginForm))
    }

    private func endpoint(
        _ path: String, _ items: QueryItems, _ faults: ActiveFaults, _ loginForm: Reply.LoginForm
    ) -> Response {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        switch segments {
        case ["modelbreaches"]:
            return ModelBreachesReply(appliance: self, faults: faults).response(items, pathID: nil)
        case let parts where parts.count == 2 && parts[0] == "modelbreaches":
            return ModelBreachesReply(appliance: self, faults: faults).response(items, pathID: parts[1])
        case ["status"]: return StatusReply(appliance: self, faults: faults).response(items)
        case ["time"]: return TimeReply(appliance: self).response
        case ["aianalyst", "incidentevents"]:
            return IncidentEventsReply(appliance: self, faults: faults).response(items)
        case ["aianalyst", "groups"]: return IncidentGroupsReply(appliance: self, faults: faults).response(items)
        case ["antigena"]: return AntigenaReply(appliance: self, faults: faults).response(items)
        case ["antigena", "summary"]: return AntigenaSummaryReply(appliance: self, faults: faults).response
        case ["summarystatistics"]: return StatisticsReply(appliance: self, faults: faults).response(items)
        case ["cves"]:
            // Only appliances for operational technology have the list.
            return faults.isOn(.cvesList)
                ? Reply.json([])
                : Reply.buffered(500, type: "text/plain; charset=utf-8", Array("Internal Server Error".utf8))
        case ["filtertypes"]:
            return faults.isOn(.filterTypesList)
                ? Reply.json([["filtertype": "Direction", "valuetype": "id"]]) : Reply.loginNeeded(loginForm)
        case let parts where parts.count == 3 && parts[0] == "modelbreaches" && parts[2] == "comments":
            guard let id = Int64(parts[1]) else { return Reply.error("INPUT ERROR", path: path) }
            return Reply.json(.list(annotations.comments(of: id).map(\.json)))
        default:
            return InventoryReply(appliance: self).response(path, items) ?? Reply.loginNeeded(loginForm)
        }
    }

    /// Performs a POST below `/modelbreaches/{pbid}`; nil for every other path.
    private func change(_ request: borrowing Request, at now: Int64) -> Response? {
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard segments.count == 3, segments[0] == "modelbreaches" else { return nil }
        let scope = BreachSequence.Scope(population: population, skew: skew, now: now, annotations: annotations)
        guard let id = Int64(segments[1]) else { return Reply.error("INPUT ERROR", path: request.path) }
        guard BreachSequence.find(id, in: scope) != nil else { return Reply.notFound("Not found") }
        let body = RequestBody(request.body, type: request.values(of: "content-type").first ?? "")
        switch segments[2] {
        case "acknowledge":
            guard body["acknowledge"] == "true" else { return Reply.error("INPUT ERROR", path: request.path) }
            annotations.acknowledge(id, at: now)
        case "unacknowledge":
            guard body["unacknowledge"] == "true" else { return Reply.error("INPUT ERROR", path: request.path) }
            annotations.acknowledge(id, at: nil)
        case "comments":
            guard let message = body["message"] else { return Reply.error("INPUT ERROR", path: request.path) }
            annotations.comment(id, message: message, at: shownTime(at: now))
        default: return nil
        }
        return Reply.json(["response": "SUCCESS"])
    }

    private func verifier(_ faults: ActiveFaults, at now: Int64) -> Verifier {
        var verifier = Verifier(credentials: credentials, now: shownTime(at: now))
        verifier.refusedForms = Set(faults.words(.refusedDateForm).compactMap(DateForm.init))
        if let seconds = faults.number(.dateWindow) {
            verifier.windowMilliseconds = seconds == 0 ? nil : Int64(seconds * 1_000)
        }
        verifier.signing = faults.value(.signing).flatMap(Verifier.Signing.init) ?? .either
        return verifier
    }

    private static func unknownToken(
        _ faults: ActiveFaults, _ path: String, _ loginForm: Reply.LoginForm
    ) -> Response {
        switch faults.value(.unknownToken) {
        case "login": Reply.loginNeeded(loginForm)
        case "unauthorized": Reply.json(["error": "Unauthorized"], status: 401)
        // Not documented; a server that looks up the private token to check the signature can only answer this.
        default: Reply.error(Verifier.Refusal.signature.rawValue, path: path)
        }
    }

    private static func target(of request: borrowing Request) -> String {
        request.query.map { "\(request.path)?\($0)" } ?? request.path
    }

    private static func acceptsGzip(_ request: borrowing Request) -> Bool {
        request.values(of: "accept-encoding").contains { $0.lowercased().contains("gzip") }
    }
}
