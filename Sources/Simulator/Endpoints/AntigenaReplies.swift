import HTTPServer

/// `GET /antigena/summary`: how many actions are active or wait for a confirmation, and on which devices.
struct AntigenaSummaryReply {
    var appliance: Appliance
    var faults: ActiveFaults

    var response: Response {
        let now = appliance.world.now
        let actions = appliance.actions(in: now - ResponseActions.longest...now, faults)
        let (active, pending) = (
            actions.filter { $0.state(at: now) == .active }, actions.filter { $0.state(at: now) == .pending }
        )
        return Reply.json([
            "pendingCount": JSON(pending.count), "activeCount": JSON(active.count),
            "pendingActionDevices": Self.devices(pending), "activeActionDevices": Self.devices(active),
        ])
    }

    private static func devices(_ actions: [ResponseActions.Action]) -> JSON {
        .list(Set(actions.map(\.device.id)).sorted().map { JSON($0) })
    }
}

/// `GET /antigena`: the actions of the window, or those that wait for a confirmation.
struct AntigenaReply {
    var appliance: Appliance
    var faults: ActiveFaults

    func response(_ items: QueryItems) -> Response {
        do {
            let now = appliance.world.now
            let needsConfirmation = try items.bool("needconfirming", default: false)
            let includesCleared = try items.bool("includecleared", default: false)
            let start = try items.integer("starttime") ?? appliance.shownTime(at: now - ResponseActions.longest)
            let end = try items.integer("endtime") ?? appliance.shownTime
            guard start <= end else { throw InputError() }
            let actions = appliance.actions(in: now - 366 * 86_400_000...now, faults).filter { action in
                let state = action.state(at: now)
                if needsConfirmation { return state == .pending }
                return (start...end).contains(appliance.shownTime(at: action.start))
                    && (includesCleared || state != .cleared)
            }
            return Reply.json(.list(actions.map { json($0, at: now) }))
        } catch {
            return Reply.error("INPUT ERROR", path: "/antigena")
        }
    }

    private func json(_ action: ResponseActions.Action, at now: Int64) -> JSON {
        let state = action.state(at: now)
        return [
            "codeid": .integer(action.code), "did": JSON(action.device.id), "ip": .optional(action.device.address),
            "action": "connection", "manual": .bool(action.isManual),
            "triggerer": action.isManual ? ["username": "analyst", "reason": "Contain"] : .null,
            "label": "Block connections to 203.0.113.9 port 443", "detail": "203.0.113.9:443",
            "score": action.isManual ? 0 : 0.3, "pbid": action.isManual ? .null : .integer(1_000 + action.code),
            "model": action.isManual ? "" : .text(action.model.name),
            "modeluuid": action.isManual ? "" : .text(action.model.uuid),
            "start": .integer(appliance.shownTime(at: action.start)),
            "expires": .integer(appliance.shownTime(at: action.expires)), "blocked": true, "agemail": false,
            // An appliance reports an expired action as active.
            "active": .bool(state == .active || state == .expired), "cleared": .bool(state == .cleared),
        ]
    }
}

extension Appliance {
    /// The actions of Autonomous Response that began within a range of world time.
    func actions(in range: ClosedRange<Int64>, _ faults: ActiveFaults) -> [ResponseActions.Action] {
        if faults.isOn(.youngSite) { return [] }
        return ResponseActions(seed: population.maker.seed, appliance: name, epoch: population.epoch)
            .begun(in: range, devices: population.maker.devices)
    }

    /// Its devices and accounts now.
    var inventory: Inventory { Inventory(epoch: population.epoch, now: world.now) }
}
