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
