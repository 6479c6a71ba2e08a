import HTTPServer

/// `GET /time`.
struct TimeReply {
    var appliance: Appliance

    var response: Response {
        let now = appliance.shownTime
        return Reply.json([
            "antigena": true, "antigenainternet": false, "antigenanetwork": true, "build": "f35936c6",
            "inoculation": false, "mobileAppConfigured": true, "time": .text(CivilTime(milliseconds: now).spaced),
            "timems": .integer(now), "uptime": .text(appliance.uptime), "version": "6.1.23",
        ])
    }
}

extension Appliance {
    /// Hours, minutes and seconds since the epoch of its population.
    var uptime: String {
        let seconds = max(0, world.now - population.epoch) / 1_000
        let clock = CivilTime(milliseconds: seconds % 3_600 * 1_000).time.dropFirst(3)
        return "\(seconds / 3_600):\(clock)"
    }
}

/// `GET /antigena`: one active action, one expired, one cleared.
struct AntigenaReply {
    var appliance: Appliance
    var faults: ActiveFaults

    var response: Response {
        let now = appliance.shownTime
        return Reply.json([
            action(4, start: now - 1_200_000, hours: 1, isActive: true, isCleared: false),
            // Real appliances report an expired action as active.
            action(3, start: now - 7_200_000, hours: 1, isActive: faults.isOn(.expiredAntigena), isCleared: false),
            action(2, start: now - 9_000_000, hours: 1, isActive: false, isCleared: true),
        ])
    }

    private func action(_ code: Int, start: Int64, hours: Int64, isActive: Bool, isCleared: Bool) -> JSON {
        let device = appliance.population.maker.devices.network[code]
        let model = ModelCatalogue.models[5]
        return [
            "codeid": JSON(code), "did": JSON(device.id), "ip": .optional(device.address), "action": "connection",
            "manual": false, "triggerer": .null, "label": "Block connections to 203.0.113.\(code) port 443",
            "detail": "203.0.113.\(code):443", "score": 0.3, "pbid": JSON(1_000 + code), "model": .text(model.name),
            "modeluuid": .text(model.uuid), "start": .integer(start), "expires": .integer(start + hours * 3_600_000),
            "blocked": true, "agemail": false, "active": .bool(isActive), "cleared": .bool(isCleared),
        ]
    }
}
