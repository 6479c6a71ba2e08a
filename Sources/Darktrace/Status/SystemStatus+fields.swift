extension SystemStatus: Decodable {
    package init(from decoder: any Decoder) throws {
        try self.init(try decoder.container(keyedBy: AnyCodingKey.self))
    }

    /// Every field for itself: one that is missing or of another type is not known.
    init(_ fields: KeyedDecodingContainer<AnyCodingKey>) throws {
        hostname = try fields.nonEmptyString("hostname")
        label = try fields.nonEmptyString("label")
        address = try fields.nonEmptyString("ipAddress")
        type = try fields.nonEmptyString("type") ?? fields.nonEmptyString("applianceType")
        version = try fields.nonEmptyString("version")
        modelPackageVersion = try fields.nonEmptyString("modelPackageVersion")
        bundleVersion = try fields.nonEmptyString("bundleVersion")
        uptimeSeconds = try (fields.text("systemUptime") ?? fields.text("uptime")).flatMap(StatusTimestamp.parseUptime)
        hasFailed = try fields.failure("error")
        lastContactMilliseconds = try fields.time("lastContact")
        cpu = try fields.percentage("cpu")
        // It says 0 to 100; should it ever be more, that is when somebody wants to know.
        load = try fields.percentage("load", upTo: 100)
        memory = try fields.percentage("memoryUsed")
        diskUtilization = try fields.percentage("diskUtilization")
        dataQueueSeconds = try fields.nonNegative("dataQueue")
        darkflowQueueSeconds = try fields.nonNegative("darkflowQueue")
        hasExcessTraffic = try fields.bool("excessTraffic")
        // The API counts bits and minutes.
        bytesPerSecond = try fields.nonNegative("bandwidthCurrent", per: 8)
        processedBytesPerSecond = try fields.nonNegative("processedBandwidthCurrent", per: 8)
        connectionsPerSecond = try fields.nonNegative("connectionsPerMinuteCurrent", per: 60)
    }

    /// Takes in what stands under keys of its own for each mount and interface.
    ///
    /// - Returns: How many there were, where that is more than is kept.
    mutating func readParts(_ fields: KeyedDecodingContainer<AnyCodingKey>) throws -> [Status.Part: Int] {
        let mounts = fields.keysMatching("diskSpaceUsed_")
        for (name, key) in mounts.prefix(Status.Part.mounts.limit) {
            diskSpace[name.isEmpty ? "/" : name] = try fields.percentage(key)
        }
        var names: Set<String> = []
        let (state, received, sent) = (
            "networkInterfacesState_", "networkInterfacesReceived_", "networkInterfacesTransmitted_"
        )
        for beginning in [state, received, sent] { names.formUnion(fields.keysMatching(beginning).map(\.name)) }
        names.remove("")
        for name in names.sorted().prefix(Status.Part.interfaces.limit) {
            var interface = Interface()
            interface.isUp = try fields.nonEmptyString(AnyCodingKey(stringValue: state + name)).flatMap(Self.isUp)
            interface.receivedBytes = try fields.nonNegative(AnyCodingKey(stringValue: received + name))
            interface.transmittedBytes = try fields.nonNegative(AnyCodingKey(stringValue: sent + name))
            if interface != Interface() { interfaces[name] = interface }
        }
        return [Status.Part.mounts: mounts.count, .interfaces: names.count].filter { $0.value > $0.key.limit }
    }

    private static func isUp(_ word: String) -> Bool? {
        switch word.lowercased() {
        case "up": true
        case "down": false
        default: nil
        }
    }
}

extension KeyedDecodingContainer<AnyCodingKey> {
    /// Whether there is an error, said by a flag or in words.
    fileprivate func failure(_ key: AnyCodingKey) throws -> Bool {
        guard let words = try nonEmptyString(key)?.lowercased() else { return try bool(key) ?? false }
        return words != "false" && words != "0"
    }
}
