import Darktrace

/// Model breaches, and how any list is sent.
extension ModelAppliance {
    func sendBreaches(
        _ query: Query, to receiver: any ResponseSink
    ) async throws(CancellationError) -> TransportResult {
        let now = trueTime
        let records = breachRecords(for: query, at: now)
        let result = try await send(
            records, of: "modelbreaches", isList: query.id == nil, isSlow: isSlow(records.count, query), to: receiver)
        if result.isDelivered, !query.includesAcknowledged { onDelivery?(.openBreaches, query, now) }
        return result.result
    }

    /// Whether the appliance takes too long for so many records.
    func isSlow(_ count: Int, _ query: Query) -> Bool {
        count > profile.slowAbove && query.end - query.start > 60_000
    }

    /// Sends a list, or its only record, unless something fails.
    ///
    /// - Parameter name: Of the endpoint, in its errors.
    /// - Returns: The outcome, and whether the whole body was accepted.
    func send(
        _ records: [[UInt8]], of name: String, isList: Bool, isSlow: Bool, to receiver: any ResponseSink
    ) async throws(CancellationError) -> (result: TransportResult, isDelivered: Bool) {
        let fault = drawFault()
        if isSlow { return (try await keepWaiting("slow"), false) }
        let result =
            switch fault {
            case .noConnection: TransportResult(failure: TransportError(.connect, "refused"))
            case .timeout: try await keepWaiting("silent")
            case .serverError: respond(500, "<html>oops</html>", receiver)
            case .gatewayTimeout: respond(504, "gateway timeout", receiver)
            case .rateLimited: respond(429, "slow down", receiver, [.init("retry-after", "\(rng.pick(1...300))")])
            case .signature: respond(400, "{\"\(name)\": \"API SIGNATURE ERROR\"}", receiver)
            case .date: respond(400, "{\"\(name)\": \"API DATE ERROR\"}", receiver)
            case .login: respond(302, "Found. Redirecting to /login", receiver)
            case .forbidden: respond(403, "{ \"error\": \"403 Forbidden\" }", receiver)
            case .page: respond(200, "<html><title>Log In | Darktrace</title></html>", receiver)
            case .empty: respond(200, "", receiver)
            case .fine, .timeoutInBody, .cut, .silentCut, .garbageAfter:
                isList || !records.isEmpty
                    ? try await stream(records, isList: isList, fault, receiver)
                    : respond(404, "Not found", receiver)
            }
        return (result, fault == .fine && result.failure == nil)
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

    private func breachRecords(for query: Query, at now: Int64) -> [[UInt8]] {
        var found = breaches(for: query, at: now)
        found.sort { profile.listsNewestFirst ? $0.key > $1.key : $0.key < $1.key }
        // After a reset of the appliance only the newest breach of an id is left.
        if query.id != nil { return found.min { $0.key < $1.key }.map { [json($0.index, isShort: false, now)] } ?? [] }
        // A response may list a record twice.
        if let first = found.first, rng.once(in: 10) { found.append(first) }
        return found.map { json($0.index, isShort: query.isMinimal && profile.shortLacksScore, now) }
    }

    /// The breaches that the appliance lists at an instant, with what it sorts them by.
    func breaches(for query: Query, at now: Int64) -> [(key: Int64, index: Int)] {
        var found: [(key: Int64, index: Int)] = []
        for (index, breach) in history.breaches.enumerated() where breach.listed <= now {
            guard query.includesAcknowledged || breach.acknowledged(at: now) == nil else { continue }
            let time = query.byCreation && profile.honoursCreation ? breach.creation : breach.activity
            if let id = query.id {
                if breach.id == id { found.append((-time, index)) }
            } else if contains(query, time) {
                found.append((time, index))
            }
        }
        return found
    }

    /// Whether a time is in the window of a request.
    func contains(_ query: Query, _ time: Int64) -> Bool {
        time >= query.start && time < query.end + (profile.includesEnd ? 1 : 0)
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
}
