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
