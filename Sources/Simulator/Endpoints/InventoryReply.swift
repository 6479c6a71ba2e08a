import HTTPServer

/// Endpoints that the exporter does not need but other clients call: inventory, summaries and reference lists.
struct InventoryReply {
    var appliance: Appliance

    /// The response to a path; nil for unknown paths.
    func response(_ path: String, _ items: QueryItems) -> Response? {
        let value: JSON
        switch path {
        case "/summarystatistics":
            if items["hours"] != nil { return Reply.error("INPUT ERROR", path: path) }
            value = items["mitreTactics"] == "true" ? tactics : summary
        case "/antigena/summary":
            value = [
                "pendingCount": 0, "activeCount": 1, "pendingActionDevices": [],
                "activeActionDevices": [JSON(devices[4].id)],
            ]
        case "/aianalyst/groups", "/aianalyst/investigations": value = []
        case "/aianalyst/stats":
            value = [
                "equivalentHumanTime": 86_400_000, "positiveInvestigations": 3, "negativeInvestigations": 21,
                "groupStats": ["total": 0, "compliance": 0, "suspicious": 0, "critical": 0],
            ]
        case "/devices": value = .list(devices.prefix(50).map(device))
        case "/devicesearch":
            value = ["totalCount": JSON(devices.count), "devices": .list(devices.prefix(50).map(device))]
        case "/subnets": value = .list((1...12).map(subnet))
        case "/models": value = .list(ModelCatalogue.models.map(model))
        case "/tags": value = .list(["Admin", "Critical", "Server"].enumerated().map { tag($0 + 1, $1) })
        case "/components":
            value = [["cid": 1, "chid": 1, "mlid": 17, "threshold": 1, "interval": 3_600, "filters": []]]
        case "/enums": value = ["Direction": [["code": "out", "name": "Out"], ["code": "in", "name": "In"]]]
        case "/metrics": value = [["mlid": 17, "name": "connections", "label": "Connections", "units": ""]]
        case "/mbcomments": value = .list(appliance.annotations.comments.map(\.json))
        case "/intelfeed", "/pcaps", "/tags/entities": value = []
        default: return nil
        }
        return Reply.json(only(items["responsedata"], in: value))
    }

    private var devices: [Device] { appliance.population.maker.devices.network }

    /// The value with one field of each object.
    private func only(_ name: String?, in value: JSON) -> JSON {
        guard let name else { return value }
        switch value {
        case .list(let values): return .list(values.map { only(name, in: $0) })
        case .object(let fields): return .object(fields.filter { $0.name == name })
        default: return value
        }
    }

    private var summary: JSON {
        let day: Int64 = 86_400_000
        let today = CivilTime.floorDivide(appliance.shownTime, day) * day
        return [
            "usercredentialcount": 18, "subnets": 12, "patterns": 4_211, "antigenaDevices": 1, "antigenaActions": 3,
            "bandwidth": .list(
                (0..<28).map { age in
                    let time = today - Int64(27 - age) * day
                    return [
                        "timems": .integer(time), "time": .text(CivilTime(milliseconds: time).spaced), "kb": 81_204_118,
                    ]
                }),
            "devicecount": [
                "unknown": 4, "laptop": 20, "mobile": 3, "tablet": 1, "desktop": 30, "server": 12, "router": 2,
                "keyasset": 0, "dnsserver": 2, "proxyserver": 0, "logserver": 0, "tv": 0, "camera": 1, "fileserver": 1,
                "ipphone": 8, "iot": 0, "saas": ["Office365": 6, "AzureActiveDirectory": 3, "total": 9],
                "licenseIPCount": 60, "licenseCloudIPCount": 0, "totalClient": 62, "totalServer": 17, "totalOther": 5,
                "total": 84,
            ],
        ]
    }

    private var tactics: JSON {
        let names = ["command-and-control", "lateral-movement", "exfiltration"]
        return [
            "mitreTactics": .list(
                names.enumerated().map { number, name in
                    [
                        "tactic": .text(name), "name": .text(name), "totalCount": JSON(9 - number),
                        "scoreCount": JSON(4), "modelEstimate": 12, "modelCount": 7,
                    ]
                }), "modelCount": 21, "totalCount": 24,
            "startTime": .integer(appliance.shownTime - 28 * 86_400_000), "endTime": .integer(appliance.shownTime),
        ]
    }

    private func device(_ device: Device) -> JSON {
        DeviceObject(
            device, epoch: appliance.population.epoch, seen: appliance.shownTime, isMinimal: false, isBare: false
        )
        .json
    }

    private func subnet(_ number: Int) -> JSON {
        [
            "sid": JSON(number), "auto": true, "dhcp": true, "firstSeen": .integer(appliance.population.epoch),
            "lastSeen": .integer(appliance.shownTime), "label": .text("Site \(number)"),
            "network": .text("10.\(number).0.0/16"), "clientDevices": JSON(number), "serverDevices": 1,
            "recentTrafficPercent": 100, "confidence": 2,
        ]
    }

    private func model(_ model: BreachModel) -> JSON {
        [
            "name": .text(model.name), "pid": JSON(model.pid), "phid": JSON(model.phid), "uuid": .text(model.uuid),
            "priority": JSON(model.priority), "category": .text(model.categoryText),
            "compliance": .bool(model.kind == .compliance), "active": true, "throttle": JSON(model.throttleSeconds),
        ]
    }

    private func tag(_ number: Int, _ name: String) -> JSON {
        [
            "tid": JSON(number), "expiry": 0, "thid": JSON(number), "name": .text(name), "restricted": false,
            "data": ["auto": false, "color": 5, "description": ""], "isReferenced": true,
        ]
    }
}
