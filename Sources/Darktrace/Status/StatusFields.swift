/// The fields of `/status` that are shown, as they stand in JSON.
struct StatusFields: Decodable {
    private(set) var status = Status()

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: AnyCodingKey.self)
        status.system = try SystemStatus(fields)
        // It has answered. An object with an error and nothing else is a refusal, no status.
        status.system.hasFailed = false
        keep(try status.system.readParts(fields))
        status.licenseEnds = try times(fields, fields.licenses, .licenses)
        status.protocolsSeenMilliseconds = try times(
            fields, fields.keysMatching("mostRecent", ending: "Traffic").filter { !$0.name.isEmpty }, .protocols)
        status.modelsUpdatedMilliseconds = try fields.time("modelsUpdated")
        status.isAntigenaEnabled = try fields.bool("antigenaNetworkEnabled")
        status.isAntigenaRunning = try fields.bool("antigenaNetworkRunning")
        for window in Status.Window.allCases {
            status.activeDevices[window] = try fields.nonNegative(window.key("activeDevices"))
            status.newDevices[window] = try fields.nonNegative(window.key("newDevices"))
        }
        var probeCount = 0
        status.probes = try probes(of: fields, counting: &probeCount)
        try readMasters(fields, counting: &probeCount)
        keep([.probes: probeCount].filter { $0.value > $0.key.limit })
    }

    /// The masters of a Unified View, each with its own probes.
    private mutating func readMasters(
        _ fields: KeyedDecodingContainer<AnyCodingKey>, counting probeCount: inout Int
    ) throws {
        guard let masters = try fields.nested("instances") else { return }
        let names = masters.keysMatching().filter { !$0.name.isEmpty }
        for (name, key) in names.prefix(Status.Part.masters.limit) {
            guard let own = try masters.nested(key) else { continue }
            var master = Status.Master()
            master.system = try SystemStatus(own)
            master.probes = try probes(of: own, counting: &probeCount)
            status.masters[name] = master
        }
        keep([.masters: names.count].filter { $0.value > $0.key.limit })
    }

    /// As many probes as there is still room for.
    private func probes(
        of fields: KeyedDecodingContainer<AnyCodingKey>, counting count: inout Int
    ) throws -> [String: SystemStatus] {
        guard let all = try fields.nested("probes") else { return [:] }
        let names = all.keysMatching().filter { !$0.name.isEmpty }
        var probes: [String: SystemStatus] = [:]
        for (name, key) in names.prefix(max(0, Status.Part.probes.limit - count)) {
            probes[name] = try all.object(key, as: SystemStatus.self)
        }
        count += names.count
        return probes
    }

    private mutating func times(
        _ fields: KeyedDecodingContainer<AnyCodingKey>, _ names: [(name: String, key: AnyCodingKey)],
        _ part: Status.Part
    ) throws -> [String: Int64] {
        var times: [String: Int64] = [:]
        for (name, key) in names.prefix(part.limit) { times[name] = try fields.time(key) }
        keep([part: names.count].filter { $0.value > part.limit })
        return times
    }

    private mutating func keep(_ counts: [Status.Part: Int]) {
        status.dropped.merge(counts) { $1 }
    }
}

extension KeyedDecodingContainer<AnyCodingKey> {
    /// `license`, and whatever ends in `License`: new versions bring new ones.
    fileprivate var licenses: [(name: String, key: AnyCodingKey)] {
        keysMatching(ending: "icense").compactMap { entry in
            let key = entry.key.stringValue
            return key == "license" || key.hasSuffix("License") ? (key.truncated(toBytes: 200), entry.key) : nil
        }
    }
}

extension Status.Window {
    /// The field of a count over this window.
    fileprivate func key(_ beginning: String) -> AnyCodingKey {
        switch self {
        case .hour: AnyCodingKey(stringValue: beginning + "Hour")
        case .day: AnyCodingKey(stringValue: beginning + "24Hours")
        case .week: AnyCodingKey(stringValue: beginning + "7Days")
        case .month: AnyCodingKey(stringValue: beginning + "4Weeks")
        }
    }
}

extension Status: LenientDecodable {
    /// - Throws: `UnreadableRecord` when no field is known: it is something else than a status.
    init(_ fields: StatusFields) throws(UnreadableRecord) {
        self = fields.status
        guard self != Status() else { throw UnreadableRecord(.nothingKnown, "no field of it is known") }
    }
}
