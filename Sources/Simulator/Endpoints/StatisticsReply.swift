import HTTPServer

/// `GET /summarystatistics`: numbers of devices and accounts, or breaches by tactic.
struct StatisticsReply {
    var appliance: Appliance
    var faults: ActiveFaults

    func response(_ items: QueryItems) -> Response {
        if items["hours"] != nil { return Reply.error("INPUT ERROR", path: "/summarystatistics") }
        guard items["mitreTactics"] == "true" else { return Reply.json(summary) }
        return faults.isOn(.noTactics)
            ? Reply.error("INPUT ERROR", path: "/summarystatistics") : Reply.json(tactics)
    }

    private var summary: JSON {
        let day: Int64 = 86_400_000
        let today = CivilTime.floorDivide(appliance.shownTime, day) * day
        let recent: [JSON.Field] = [
            .init("usercredentialcount", 18), .init("subnets", 12), .init("patterns", 4_211),
            .init(
                "bandwidth",
                .list(
                    (0..<28).map { age in
                        let time = today - Int64(27 - age) * day
                        return [
                            "timems": .integer(time), "time": .text(CivilTime(milliseconds: time).spaced),
                            "kb": 81_204_118,
                        ]
                    })),
            .init("devicecount", .object(faults.isOn(.oldStatistics) ? oldDevices : devices)),
        ]
        return .object(recent + [.init("antigenaDevices", 1), .init("antigenaActions", 3)])
    }

    private var devices: [JSON.Field] {
        let inventory = appliance.inventory
        let accounts = inventory.accounts.map { JSON.Field($0.platform, JSON($0.count)) }
        return inventory.devices.map { JSON.Field($0.type, JSON($0.count)) } + [
            .init("saas", .object(accounts + [.init("total", JSON(inventory.accountCount))])),
            .init("licenseIPCount", JSON(inventory.deviceCount)),
            .init("licenseCloudIPCount", JSON(inventory.cloudCount)),
            .init("totalClient", JSON(inventory.deviceCount - 19)), .init("totalServer", 17), .init("totalOther", 2),
            .init("total", JSON(inventory.deviceCount)),
        ]
    }

    /// Old versions count a few types only.
    private var oldDevices: [JSON.Field] {
        let known = ["unknown", "laptop", "mobile", "desktop", "server"]
        return appliance.inventory.devices.filter { known.contains($0.type) }
            .map { JSON.Field($0.type, JSON($0.count)) } + [.init("total", JSON(appliance.inventory.deviceCount))]
    }

    private var tactics: JSON {
        let tactics = appliance.inventory.tactics
        return [
            "mitreTactics": .list(
                tactics.map { tactic in
                    [
                        "tactic": .text(tactic.slug), "name": .text(tactic.slug), "totalCount": JSON(tactic.count),
                        "scoreCount": JSON(4), "modelEstimate": 12, "modelCount": 7,
                    ]
                }), "modelCount": 21, "totalCount": JSON(tactics.reduce(0) { $0 + $1.count }),
            "startTime": .integer(appliance.shownTime - 28 * 86_400_000), "endTime": .integer(appliance.shownTime),
        ]
    }
}
