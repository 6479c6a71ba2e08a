import HTTPServer

/// Endpoints that the exporter does not need but other clients call: inventory and reference lists.
struct InventoryReply {
    var appliance: Appliance

    /// The response to a path; nil for unknown paths.
    func response(_ path: String, _ items: QueryItems) -> Response? {
        let value: JSON
        switch path {
        case "/aianalyst/investigations": value = []
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
