import HTTPServer

/// `GET /antigena/summary`: one action that is active and one that waits for a confirmation.
struct AntigenaSummaryReply {
    var appliance: Appliance

    var response: Response {
        let devices = appliance.population.maker.devices.network
        return Reply.json([
            "pendingCount": 1, "activeCount": 1, "pendingActionDevices": [JSON(devices[5].id)],
            "activeActionDevices": [JSON(devices[4].id)],
        ])
    }
}
