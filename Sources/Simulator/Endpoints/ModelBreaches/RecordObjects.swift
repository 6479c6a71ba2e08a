/// A model as its record shows it.
struct ModelObject {
    let json: JSON

    init(_ breach: Breach, isMinimal: Bool, lacks missing: Set<String>) {
        let model = breach.model
        var fields: [JSON.Field] = []
        if !(isMinimal && missing.contains("name")) { fields.append(.init("name", .text(breach.name))) }
        fields += [
            .init("pid", JSON(model.pid)), .init("phid", JSON(model.phid)), .init("uuid", .text(model.uuid)),
            .init("priority", JSON(model.priority)),
        ]
        if breach.hasCategory {
            fields.append(.init("category", .text(model.categoryText)))
            fields.append(.init("compliance", .bool(model.kind == .compliance)))
        }
        if !model.tactics.isEmpty {
            fields.append(.init("mitre", ["tactics": JSON(model.tactics), "techniques": JSON(model.techniques)]))
        }
        fields.append(.init("tags", JSON(model.tags)))
        if !isMinimal { fields += Self.details(model) }
        json = .object(fields)
    }

    private static func details(_ model: BreachModel) -> [JSON.Field] {
        let components = (0..<6).map { JSON(model.phid * 10 + $0) }
        return [
            .init("logic", ["data": .list(components), "targetScore": 1, "type": "componentList", "version": 1]),
            .init("throttle", JSON(model.throttleSeconds)),
            .init("sharedEndpoints", false),
            .init("actions", actions),
            .init("interval", JSON(model.throttleSeconds)),
            .init("delay", 0),
            .init("sequenced", false),
            .init("active", true),
            .init("modified", .text("2025-0\(1 + model.number % 9)-1\(model.number % 10) 09:41:27")),
            .init("activeTimes", ["devices": [:], "tags": [:], "type": "exclusions", "version": 2]),
            .init("autoUpdatable", true), .init("autoUpdate", true), .init("autoSuppress", true),
            .init("description", model.description),
            .init("behaviour", .text(model.behaviour)),
            .init("defeats", []),
            .init("created", ["by": "System"]),
            .init("edited", ["by": "System"]),
            .init("version", JSON(10 + model.number)),
        ]
    }

    private static let actions: JSON = [
        "alert": true, "antigena": [:], "breach": true, "model": true, "setPriority": false, "setTag": false,
        "setType": false,
    ]
}

/// The components of a model that a breach triggered, with the values that did it.
struct ComponentObjects {
    private let breach: Breach
    private let time: Int64
    private let expandsEnums: Bool

    /// `time` is the activity by the appliance's clock.
    init(_ breach: Breach, time: Int64, expandsEnums: Bool) {
        self.breach = breach
        self.time = time
        self.expandsEnums = expandsEnums
    }

    /// One to four components, each with the device if it stands nowhere else.
    func json(device: JSON?) -> [JSON] {
        (0..<Int(1 + (breach.salt >> 8) % 4)).map { component($0, device: device) }
    }

    private func component(_ index: Int, device: JSON?) -> JSON {
        let number = breach.model.number * 10 + index
        var fields: [JSON.Field] = [
            .init("time", .integer(time - 1_000)), .init("cbid", .integer(breach.id &* 4 &+ Int64(index))),
            .init("cid", JSON(2_000 + number)), .init("chid", JSON(3_000 + number)), .init("size", JSON(1 + index)),
            .init("threshold", 0), .init("interval", JSON(breach.model.throttleSeconds)),
            .init("logic", logic),
        ]
        if let address = breach.device.address { fields.append(.init("ip", .text("\(address)/32"))) }
        if breach.model.source == .network { fields.append(.init("port", 443)) }
        fields.append(.init("metric", metric(number)))
        fields.append(.init("triggeredFilters", .list(filters(number))))
        if let device { fields.append(.init("device", device)) }
        return .object(fields)
    }

    private var logic: JSON {
        [
            "data": [
                "left": ["left": "A", "operator": "AND", "right": ["left": "B", "operator": "OR", "right": "C"]],
                "operator": "AND", "right": ["left": "D", "operator": "AND", "right": "E"],
            ],
            "version": "v0.1",
        ]
    }

    private func metric(_ number: Int) -> JSON {
        switch breach.model.source {
        case .system: ["mlid": 206, "name": "dtsystem", "label": "System"]
        case .saas: ["mlid": 410, "name": "saasresourcecreated", "label": "SaaS Resource Created"]
        case .network: ["mlid": JSON(1 + number % 40), "name": "externalconnections", "label": "External Connections"]
        }
    }

    private func filters(_ number: Int) -> [JSON] {
        if breach.model.source == .system {
            let text =
                "Probe probe-0\(1 + breach.salt % 4) (10.0.0.9) last contact was \(1 + breach.salt % 9) hours ago"
            return [filter(number, 0, "Event details", text: text)]
        }
        // Enums travel as numbers unless they are asked for as text.
        return [
            filter(number, 0, "Direction", text: expandsEnums ? "Outgoing" : "2"),
            filter(number, 1, "Protocol", text: expandsEnums ? "TCP" : "6"),
            filter(number, 2, "Rare external IP", text: String(60 + breach.salt % 41)),
            filter(number, 3, "Connection hostname", text: "cdn\(breach.salt % 97).example.net"),
            filter(number, 4, "Individual size up", text: String(breach.salt % 1_000_000)),
            filter(number, 5, "Source device type", text: expandsEnums ? "Desktop" : "6"),
        ]
    }

    private func filter(_ number: Int, _ index: Int, _ type: String, text: String) -> JSON {
        [
            "cfid": JSON(number * 10 + index), "id": .text(String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index)))),
            "filterType": .text(type), "arguments": ["value": .text(text)],
            "comparatorType": expandsEnums ? "is" : "display", "trigger": ["value": .text(text)],
        ]
    }
}

/// A device as a record shows it: whatever is not known is not there.
struct DeviceObject {
    let json: JSON

    /// - Parameters:
    ///   - seen: The last activity, in milliseconds of the appliance's clock.
    ///   - isMinimal: Leaves out what the short form does not need.
    ///   - isBare: Leaves everything but the id out.
    init(_ device: Device, epoch: Int64, seen: Int64, isMinimal: Bool, isBare: Bool) {
        var fields: [JSON.Field] = [.init("did", JSON(device.id))]
        guard !isBare, device.form != .system else {
            json = .object(fields)
            return
        }
        func add(_ name: String, _ text: String?) {
            if let text { fields.append(.init(name, .text(text))) }
        }
        if !isMinimal {
            add("macaddress", device.macAddress)
            add("vendor", device.vendor)
        }
        if let address = device.address {
            let clock = CivilTime(milliseconds: seen)
            add("ip", address)
            let entry: JSON = [
                "ip": .text(address), "timems": .integer(seen), "time": .text(clock.spaced),
                "sid": JSON(device.subnet ?? 0),
            ]
            if !isMinimal { fields.append(.init("ips", [entry])) }
        }
        if let subnet = device.subnet { fields.append(.init("sid", JSON(subnet))) }
        add("hostname", device.hostname)
        guard !isMinimal else {
            add("typename", device.typeName)
            json = .object(fields)
            return
        }
        add("devicelabel", device.label)
        fields.append(.init("firstSeen", .integer(epoch - device.knownFor)))
        fields.append(.init("lastSeen", .integer(seen)))
        add("os", device.operatingSystem)
        add("typename", device.typeName)
        add("typelabel", device.typeLabel)
        if !device.credentials.isEmpty { fields.append(.init("credentials", JSON(device.credentials))) }
        if !device.tags.isEmpty { fields.append(.init("tags", .list(device.tags.map(Self.tag)))) }
        if case .saas(let platform) = device.form { add("saasmodule", platform) }
        if let priority = device.priority { fields.append(.init("priority", JSON(priority))) }
        json = .object(fields)
    }

    private static func tag(_ name: String) -> JSON {
        [
            "tid": JSON(name.utf8.count), "expiry": 0, "thid": JSON(name.utf8.count), "name": .text(name),
            "restricted": false, "data": ["auto": false, "color": 5, "description": "", "visibility": "Public"],
            "isReferenced": true,
        ]
    }
}
