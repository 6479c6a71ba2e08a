import Collector
import Darktrace

/// The endpoints of the secondary feeds.
extension ModelAppliance {
    func sendState(
        _ path: String, _ query: Query, to receiver: any ResponseSink
    ) async throws(CancellationError) -> TransportResult {
        switch path {
        case "/status":
            return try await send(#"{"version":"7.1","cpu":50,"probes":{"12":{"cpu":"7"}}}"#, path, to: receiver).result
        case "/summarystatistics":
            let body = #"{"devicecount":{"laptop":3},"mitreTactics":[{"tactic":"exfiltration","totalCount":2}]}"#
            return try await send(body, path, to: receiver).result
        case "/antigena/summary":
            let now = trueTime
            let result = try await send(summary(at: now), path, to: receiver)
            if result.isDelivered { onDelivery?(.actionSummary, query, now) }
            return result.result
        default: return try await sendList(path, query, to: receiver)
        }
    }

    private func sendList(
        _ path: String, _ query: Query, to receiver: any ResponseSink
    ) async throws(CancellationError) -> TransportResult {
        let now = trueTime
        var records: [[UInt8]]
        var state: ReportedState?
        switch path {
        case "/antigena" where query.needsConfirming:
            state = .waitingActions
            records = waitingActions(at: now).map { $0.json(.pending) }
        case "/antigena": records = actionRecords(for: query, at: now)
        case "/aianalyst/groups":
            state = .incidents
            records = incidents(for: query, at: now).map(\.json)
        default: records = eventRecords(for: query, at: now)
        }
        // A response may list a record twice.
        if state == nil, let first = records.first, rng.once(in: 10) { records.append(first) }
        let isSlow = state == nil && isSlow(records.count, query)
        let result = try await send(
            records, of: String(path.dropFirst()), isList: true, isSlow: isSlow, to: receiver)
        if let state, result.isDelivered { onDelivery?(state, query, now) }
        return result.result
    }

    /// Sends an object, unless something fails.
    private func send(
        _ body: String, _ path: String, to receiver: any ResponseSink
    ) async throws(CancellationError) -> (result: TransportResult, isDelivered: Bool) {
        let fault = drawFault()
        let result =
            switch fault {
            case .fine: respond(200, body, receiver)
            case .noConnection: TransportResult(failure: TransportError(.connect, "refused"))
            case .timeout, .timeoutInBody, .gatewayTimeout: try await keepWaiting("silent")
            case .cut, .silentCut, .garbageAfter: respond(200, #"{"cpu":50"#, receiver)
            case .empty: respond(200, "", receiver)
            case .page: respond(200, "<html><title>Log In | Darktrace</title></html>", receiver)
            case .serverError: respond(500, "", receiver)
            case .rateLimited: respond(429, "slow down", receiver, [.init("retry-after", "\(rng.pick(1...300))")])
            case .signature: respond(400, "{\"\(path.dropFirst())\": \"API SIGNATURE ERROR\"}", receiver)
            case .date: respond(400, "{\"status\": \"API DATE ERROR\"}", receiver)
            case .login: respond(302, "Found. Redirecting to /login", receiver)
            case .forbidden: respond(403, "{ \"error\": \"403 Forbidden\" }", receiver)
            }
        return (result, fault == .fine)
    }

    // MARK: Autonomous Response

    private func state(_ action: ResponseAction, at now: Int64) -> ResponseAction.State {
        action.state(at: now, clock: clock(at: now))
    }

    private func actions(_ wanted: ResponseAction.State, at now: Int64) -> [ResponseAction] {
        history.security.actions.filter { $0.listed <= now && $0.defect == .none && state($0, at: now) == wanted }
    }

    /// The actions that wait for a confirmation.
    func waitingActions(at now: Int64) -> [ResponseAction] { actions(.pending, at: now) }

    private func actionRecords(for query: Query, at now: Int64) -> [[UInt8]] {
        history.security.actions.compactMap { action in
            let state = state(action, at: now)
            guard action.listed <= now, contains(query, action.start), query.includesCleared || state != .cleared else {
                return nil
            }
            return action.json(state)
        }
    }

    private func summary(at now: Int64) -> String {
        let (active, pending) = (actions(.active, at: now), actions(.pending, at: now))
        func devices(_ actions: [ResponseAction]) -> String {
            Set(actions.map(\.device)).sorted().map { "\($0)" }.joined(separator: ",")
        }
        return #"{"activeCount":\#(active.count),"pendingCount":\#(pending.count),"#
            + #""activeActionDevices":[\#(devices(active))],"pendingActionDevices":[\#(devices(pending))]}"#
    }

    /// What a poll that gets the summary must expose.
    func exposedSummary(at now: Int64) -> [String: Double] {
        var values: [String: Double] = [:]
        for (label, state) in [("active", ResponseAction.State.active), ("pending", .pending)] {
            let actions = actions(state, at: now)
            values["darktrace_antigena_actions{\(label)}"] = Double(actions.count)
            values["darktrace_antigena_action_devices{\(label)}"] = Double(Set(actions.map(\.device)).count)
        }
        return values
    }

    // MARK: AI Analyst

    /// The incidents that a request lists at an instant.
    func incidents(for query: Query, at now: Int64) -> [IncidentState] {
        history.security.incidents(at: now, clock: clock(at: now)).filter { incident in
            guard query.includesAcknowledged || !incident.isAcknowledged else { return false }
            return incident.isPinned && query.includesPinned
                || incident.end >= query.start && incident.start <= query.end
        }
    }

    private func eventRecords(for query: Query, at now: Int64) -> [[UInt8]] {
        history.security.events.filter { event in
            let isAcknowledged = event.acknowledged.map { $0 <= now } == true
            guard event.listed <= now, query.includesAcknowledged || !isAcknowledged else { return false }
            return event.isPinned && query.includesPinned || contains(query, event.created)
        }
        // Not by time.
        .sorted { ($0.created % 97, $0.id) < ($1.created % 97, $1.id) }.map { $0.json(at: now) }
    }
}
