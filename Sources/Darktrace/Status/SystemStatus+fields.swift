extension SystemStatus: Decodable {
    package init(from decoder: any Decoder) throws {
        try self.init(try decoder.container(keyedBy: FieldName.self))
    }

    /// Every field for itself: one that is missing or of another type is not known.
    init(_ fields: KeyedDecodingContainer<FieldName>) throws {
        hostname = try fields.words("hostname")
        label = try fields.words("label")
        address = try fields.words("ipAddress")
        type = try fields.words("type") ?? fields.words("applianceType")
        version = try fields.words("version")
        modelPackageVersion = try fields.words("modelPackageVersion")
        bundleVersion = try fields.words("bundleVersion")
        uptimeSeconds = try (fields.text("systemUptime") ?? fields.text("uptime")).flatMap(WrittenTime.span)
        hasFailed = try fields.failure("error")
        lastContactMilliseconds = try fields.time("lastContact")
        cpu = try fields.ratio("cpu")
        // It says 0 to 100; should it ever be more, that is when somebody wants to know.
        load = try fields.ratio("load", upTo: 100)
        memory = try fields.ratio("memoryUsed")
        diskUtilization = try fields.ratio("diskUtilization")
        dataQueueSeconds = try fields.quantity("dataQueue")
        darkflowQueueSeconds = try fields.quantity("darkflowQueue")
        hasExcessTraffic = try fields.flag("excessTraffic")
        // The API counts bits and minutes.
        bytesPerSecond = try fields.quantity("bandwidthCurrent", per: 8)
        processedBytesPerSecond = try fields.quantity("processedBandwidthCurrent", per: 8)
        connectionsPerSecond = try fields.quantity("connectionsPerMinuteCurrent", per: 60)
    }

    /// Takes in what stands under keys of its own for each mount and interface.
    ///
    /// - Returns: How many there were, where that is more than is kept.
    mutating func readParts(_ fields: KeyedDecodingContainer<FieldName>) throws -> [Status.Part: Int] {
        let mounts = fields.names("diskSpaceUsed_")
        for (name, key) in mounts.prefix(Status.Part.mounts.limit) {
            diskSpace[name.isEmpty ? "/" : name] = try fields.ratio(key)
        }
        var names: Set<String> = []
        let (state, received, sent) = (
            "networkInterfacesState_", "networkInterfacesReceived_", "networkInterfacesTransmitted_"
        )
        for beginning in [state, received, sent] { names.formUnion(fields.names(beginning).map(\.name)) }
        names.remove("")
        for name in names.sorted().prefix(Status.Part.interfaces.limit) {
            var interface = Interface()
            interface.isUp = try fields.words(FieldName(stringValue: state + name)).flatMap(Self.isUp)
            interface.receivedBytes = try fields.quantity(FieldName(stringValue: received + name))
            interface.transmittedBytes = try fields.quantity(FieldName(stringValue: sent + name))
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

extension KeyedDecodingContainer<FieldName> {
    /// Whether there is an error, said by a flag or in words.
    fileprivate func failure(_ key: FieldName) throws -> Bool {
        guard let words = try words(key)?.lowercased() else { return try flag(key) ?? false }
        return words != "false" && words != "0"
    }
}
