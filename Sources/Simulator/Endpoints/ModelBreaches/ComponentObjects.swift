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
