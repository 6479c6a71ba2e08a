import HTTPServer

/// The control API: plain HTTP on loopback, by which people and tests change the simulation and read the true counts.
struct ControlPath: Sendable {
    var appliances: [Appliance]
    var world: SimulatedClock
    /// Records commands, so that they apply again after a restart.
    var journal: Journal?

    /// The response to a request of the control listener.
    func response(to request: borrowing Request) -> Response {
        guard request.isLoopbackPeer else { return .text(403, "the control API is for this machine only") }
        do {
            return try dispatch(request.path, request.query ?? "")
        } catch {
            return .text(400, error.description)
        }
    }

    private func dispatch(_ path: String, _ query: String) throws(ControlCommandError) -> Response {
        let items = QueryItems(query)
        switch path {
        case "/": return .text(200, Help.control)
        case "/-/healthy": return .text(200, "Healthy")
        case "/-/oracle":
            let selected = try ControlCommand.selected(items, appliances)
            guard let appliance = selected.first, selected.count == 1 else {
                throw ControlCommandError("appliance= is missing; name one")
            }
            guard let name = items["family"] else { return json(Oracle(appliance, try oracleQuery(items)).json) }
            guard let family = FeedOracle.Family(rawValue: name) else {
                let words = FeedOracle.Family.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlCommandError("family cannot be \(name); give one of \(words)")
            }
            return json(try feedOracle(appliance, items).json(family))
        case "/-/requests":
            return json(
                .object(try ControlCommand.selected(items, appliances).map { .init($0.name, $0.requests.json) }))
        case "/-/appliances": return json(.object(appliances.map { .init($0.name, $0.summary) }))
        case "/-/faults" where items["set"] == nil && items["clear"] == nil:
            return json(try faultList(items))
        case "/-/clock" where items["speed"] != nil || items["advance"] != nil:
            if let speed = try items.number("speed") {
                guard (0...1e6).contains(speed) else { throw ControlCommandError("speed must be from 0 to 1000000") }
                world.run(at: speed)
            }
            if let milliseconds = try items.seconds("advance") { world.advance(milliseconds: milliseconds) }
            return json(["worldNow": .integer(world.now), "speed": .number(world.speed)])
        default:
            let command = ControlCommand(path: path, query: query, instant: world.now)
            let outcome = try command.perform(on: appliances)
            try journal?.write(command)
            return json(outcome)
        }
    }

    /// The window is the last week unless it is given.
    private func feedOracle(_ appliance: Appliance, _ items: QueryItems) throws(ControlCommandError) -> FeedOracle {
        let to = try items.milliseconds("to") ?? appliance.shownTime
        let from = try items.milliseconds("from") ?? to - 7 * 86_400_000
        guard from <= to else { throw ControlCommandError("from is after to") }
        return FeedOracle(appliance: appliance, window: from...to)
    }

    private func oracleQuery(_ items: QueryItems) throws(ControlCommandError) -> Oracle.Query {
        var query = Oracle.Query()
        let from = try items.milliseconds("from") ?? .min
        let to = try items.milliseconds("to") ?? .max
        guard from <= to else { throw ControlCommandError("from is after to") }
        query.created = from...to
        query.isListedOnly = try !items.flag("all")
        query.includesSuppressed = try items.flag("suppressed")
        query.listsIDs = try items.flag("ids")
        return query
    }

    private func faultList(_ items: QueryItems) throws(ControlCommandError) -> JSON {
        let selected = try ControlCommand.selected(items, appliances)
        return .list(
            Fault.allCases.map { fault in
                let settings = selected.compactMap { appliance in
                    appliance.switches.settings[fault].map { JSON.Field(appliance.name, $0.json) }
                }
                return ["fault": .text(fault.rawValue), "does": .text(fault.summary), "on": .object(settings)]
            })
    }

    private func json(_ value: JSON) -> Response {
        Response(
            status: 200, headers: [("Content-Type", "application/json")],
            body: .buffers([SharedBuffer(value.bytes + [UInt8(ascii: "\n")])]))
    }
}

extension FaultSwitches.Setting {
    var json: JSON {
        [
            "value": .text(value), "times": requestsLeft.map { JSON($0) } ?? .null, "chance": .number(chance),
            "path": .optional(path),
        ]
    }
}

extension Appliance {
    /// Its clock and its active faults.
    var summary: JSON {
        let now = world.now
        let settings = switches.settings.sorted { $0.key.rawValue < $1.key.rawValue }
        return [
            "now": .integer(shownTime(at: now)), "worldNow": .integer(now), "epoch": .integer(population.epoch),
            "paused": .bool(population.isPaused),
            "faults": .object(settings.map { JSON.Field($0.key.rawValue, .text($0.value.value)) }),
        ]
    }
}
