import HTTPServer

/// `GET /status`: one flat object.
struct StatusReply {
    var appliance: Appliance
    var faults: ActiveFaults

    func response(_ items: QueryItems) -> Response {
        let hasChildren: Bool
        do {
            hasChildren = try items.bool("includechildren", default: true)
            _ = try items.bool("fast", default: true)
        } catch {
            return Reply.error("INPUT ERROR", path: "/status")
        }
        var fields = identity + StatusMachine(appliance, faults).fields + StatusTraffic.network(appliance.shownTime)
        if hasChildren { fields.append(.init("probes", StatusProbes(appliance, faults).json)) }
        if faults.isOn(.instances) { fields.append(.init("instances", instances)) }
        if let only = items["responsedata"] { fields.removeAll { $0.name != only } }
        let object = JSON.object(fields)
        let isText = ["status", "all"].contains(faults.value(.numbersAsText))
        return Reply.json(isText ? object.withNumbersAsText : object)
    }

    private var identity: [JSON.Field] {
        let now = appliance.shownTime
        let time = CivilTime(milliseconds: now).spaced
        let date = CivilTime(milliseconds: now - 20 * 86_400_000).date
        return [
            .init("time", .text(faults.isOn(.timeWithoutSeconds) ? String(time.dropLast(3)) : time)),
            .init("installed", .text(CivilTime(milliseconds: appliance.population.epoch).date)),
            .init("mobileAppConfigured", true), .init("version", "6.1.23 (f35936c6)"), .init("ipAddress", "10.0.0.5"),
            .init("modelPackageVersion", "6.1.8-1512~20260901"),
            .init("bundleVersion", "61023"), .init("bundleVariant", "rc"),
            .init("bundleDate", .text("\(date) 05:00:00")),
            .init("bundleInstalledDate", .text("\(date) 05:30:00")),
            .init("hostname", .text(appliance.hostName ?? appliance.name)), .init("label", .text(appliance.name)),
            .init("uuid", "8b0f3a5e-6d2c-4b1f-9d7e-0a1b2c3d4e5f"), .init("inoculation", false),
            .init("applianceOSCode", "j"), .init("applianceType", "master"),
            .init("type", .text(faults.isOn(.instances) ? "unifiedView" : "master")),
            .init("maximumOSSensors", 100),
        ]
    }

    /// The masters of a Unified View, one of them unreachable.
    private var instances: JSON {
        let master: [JSON.Field] = [
            .init("hostname", "master-1"), .init("ipAddress", "10.0.1.5"), .init("label", "Site 1"),
            .init("version", "6.1.23 (f35936c6)"), .init("probes", [:]),
        ]
        return [
            "1": .object(master + StatusMachine(appliance, faults, name: "master 1").fields),
            "2": [
                "hostname": "master-2", "ipAddress": "10.0.2.5", "label": "Site 2", "error": true,
                "lastContact": .text(CivilTime(milliseconds: appliance.shownTime - 7_200_000).spaced),
            ],
        ]
    }
}

/// The fields that an appliance reports of itself, of its probes and, as a Unified View, of its masters.
struct StatusMachine {
    let fields: [JSON.Field]

    /// - Parameter name: Distinguishes the machines of one appliance; empty for the appliance itself.
    init(_ appliance: Appliance, _ faults: ActiveFaults, name: String = "") {
        let updated = CivilTime(milliseconds: appliance.shownTime - 20 * 86_400_000).date
        fields =
            [
                .init("excessTraffic", false), .init("callhomeEnabled", true),
                .init("modelsUpdated", .text("\(updated) 06:12:11")), .init("uptime", .text(appliance.uptime)),
                .init("systemUptime", .text(appliance.uptime)),
            ] + Self.licences(appliance, faults) + StatusLoad(appliance, faults, name).fields
            + StatusTraffic(appliance, name).fields
    }

    private static func licences(_ appliance: Appliance, _ faults: ActiveFaults) -> [JSON.Field] {
        let end = CivilTime(milliseconds: appliance.population.epoch + 730 * 86_400_000).spaced
        let names = [
            "license", "saasConnectorLicense", "antigenaSaasLicense", "antigenaNetworkLicense", "cloudSecurityLicense",
            "preventE2ELicense",
        ]
        let text = JSON.text(faults.isOn(.emptyLicence) ? "" : end)
        let inventory = appliance.inventory
        let accounts = inventory.accounts.map { JSON.Field($0.platform, JSON($0.count)) }
        return names.map { .init($0, text) } + [
            .init(
                "licenseCounts",
                [
                    "saas": .object(accounts + [.init("total", JSON(inventory.accountCount))]),
                    "licenseIPCount": JSON(inventory.deviceCount),
                    "licenseCloudIPCount": JSON(inventory.cloudCount),
                ])
        ]
    }
}

/// Load: percentages, queues in seconds, interfaces; they change slowly with the appliance's clock.
struct StatusLoad {
    let fields: [JSON.Field]

    init(_ appliance: Appliance, _ faults: ActiveFaults, _ machine: String) {
        let minute = CivilTime.floorDivide(appliance.shownTime, 60_000)
        var random = SeededGenerator(
            seed: appliance.population.maker.seed, "load of \(appliance.name)\(machine)", minute)
        func percent(_ around: Int64) -> JSON { .integer(min(100, around + random.below(9))) }
        var fields: [JSON.Field] = [
            .init("cpu", percent(22)), .init("load", percent(18)), .init("memoryUsed", percent(61)),
            .init("diskUtilization", percent(3)), .init("diskSpaceUsed_", percent(36)),
            .init("diskSpaceUsed_var", percent(41)), .init("dataQueue", .integer(random.below(3))),
            .init("darkflowQueue", .integer(random.below(2))),
            .init("flowProcessingTimes", ["mean": .number(Double(random.below(40)) / 10), "peak": 6.25]),
        ]
        for (name, isUp) in [("eth0", true), ("eth1", true), ("eth2", false)] {
            let bytes = isUp ? minute % 10_000_000 * 700_000 : 0
            fields += [
                .init("networkInterfacesState_\(name)", .text(isUp ? "up" : "down")),
                .init("networkInterfacesAddress_\(name)", name == "eth0" ? "10.0.0.5" : ""),
                .init("networkInterfacesReceived_\(name)", .integer(bytes * 9)),
                .init("networkInterfacesTransmitted_\(name)", .integer(bytes)),
            ]
        }
        fields += [
            .init("logIngestionReplicated", 0), .init("logIngestionProcessed", .integer(minute % 10_000_000 * 40)),
            .init("logIngestionTCP", .integer(minute % 10_000_000 * 30)),
            .init("logIngestionUDP", .integer(minute % 10_000_000 * 10)),
            .init("logIngestionMatches", ["dhcp": 1204, "vpn": 322]),
            .init("logIngestionTypes", ["syslog": 1526]),
            .init("antigenaNetworkEnabled", true), .init("antigenaNetworkRunning", .bool(!faults.isOn(.youngSite))),
            .init("antigenaNetworkConfirmationMode", false),
            .init("antigenaNetworkBlockedConnections", ["attempted": 15, "failed": 2]),
        ]
        self.fields = fields
    }
}

/// Traffic: bandwidth in bit/s, devices, protocols, subnets.
struct StatusTraffic {
    let fields: [JSON.Field]

    init(_ appliance: Appliance, _ machine: String) {
        let now = appliance.shownTime
        let minute = CivilTime.floorDivide(now, 60_000)
        var random = SeededGenerator(
            seed: appliance.population.maker.seed, "traffic of \(appliance.name)\(machine)", minute)
        var fields: [JSON.Field] = []
        for (name, base) in [("bandwidth", Int64(240_000_000)), ("processedBandwidth", 231_000_000)] {
            for (period, factor) in [("Current", Int64(10)), ("Average", 9), ("7DayPeak", 31), ("2WeekPeak", 38)] {
                let bits = base / 10 * factor + (period == "Current" ? random.below(9_000_000) : 0)
                fields.append(.init("\(name)\(period)", .integer(bits)))
                fields.append(.init("\(name)\(period)String", .text("\(bits / 1_000_000).\(bits / 10_000 % 100) Mbps")))
            }
        }
        for (period, count) in [("Current", 8_100 + random.below(600)), ("Average", 7_900), ("7DayPeak", 21_000)] {
            fields.append(.init("connectionsPerMinute\(period)", .integer(count)))
        }
        for source in ["cSensor", "network", "logInput", "saas"] {
            for kind in ["Notices", "DeviceDetails", "ModelEvents", "Connections"] {
                fields.append(.init("eventsPerMinuteCurrent\(source)\(kind)", .integer(random.below(90))))
            }
        }
        fields.append(.init("recentUnidirectionalConnections", 1))
        for (period, new, active) in [("4Weeks", 31, 72), ("7Days", 9, 70), ("24Hours", 2, 61), ("Hour", 0, 44)] {
            fields.append(.init("newDevices\(period)", JSON(new)))
            fields.append(.init("activeDevices\(period)", JSON(active)))
        }
        fields += [
            .init("deviceHostnames", 52), .init("deviceMACAddresses", 40), .init("deviceRecentIPChange", 3),
            .init("devicesModeled", 72), .init("operatingSystems", 6), .init("credentials", 18),
            .init("credentials7Days", 11), .init("credentialSources", ["kerberos": 9, "ntlm": 4]),
            .init("subnets", 12), .init("models", JSON(ModelCatalogue.models.count)), .init("modelsBreached", 5_259),
            .init("modelsSuppressed", 31_630),
        ]
        let protocols = [
            "DHCP", "DNS", "HTTP", "HTTPS", "KERBEROS", "LDAP", "NTLM", "RDP", "SMB", "SMTP", "SSH", "SSL",
        ]
        for (index, name) in protocols.enumerated() {
            let seen = CivilTime(milliseconds: now - Int64(index) * 61_000).spaced
            fields.append(.init("mostRecent\(name)Traffic", .text(seen)))
        }
        self.fields = fields
    }

    /// Subnets and names: only of the appliance itself.
    static func network(_ now: Int64) -> [JSON.Field] {
        let seen = JSON.text(CivilTime(milliseconds: now - 60_000).spaced)
        let subnets = (1...12).map { number -> JSON in
            [
                "sid": JSON(number), "network": "10.\(number).0.0/16", "devices": JSON(number + 3),
                "clientDevices": JSON(number), "mostRecentTraffic": seen, "mostRecentDHCP": seen,
                "dhcpQuality": 0, "kerberosQuality": JSON(number * 7 % 100),
            ]
        }
        return [
            .init("subnetData", .list(subnets)),
            .init("internalIPRangesList", ["10.0.0.0/8", "192.168.0.0/16"]), .init("internalIPRanges", 2),
            .init("dnsServers", 2), .init("internalDomains", 0), .init("internalAndExternalDomains", 4),
            .init("proxyServers", 0), .init("ignoreAnalysisCredentials", []),
        ]
    }
}

/// The probes of the appliance, with the same kinds of fields.
struct StatusProbes {
    let json: JSON

    init(_ appliance: Appliance, _ faults: ActiveFaults) {
        let now = appliance.shownTime
        let healthy: [JSON.Field] = [
            .init("id", 12), .init("label", "Probe 12"), .init("configuredServer", "10.0.0.12"),
            .init("hostname", "probe-12"), .init("type", "vSensor"), .init("ipAddress", "10.0.0.12"),
            .init("version", "6.1.23 (f35936c6)"), .init("osSensors", []), .init("osPacketsProcessed", "1204417"),
            .init("metadata", .null), .init("kernel", "6.1.0-25-amd64"), .init("mappedId", 12),
            .init("time", .text(CivilTime(milliseconds: now).spaced)),
        ]
        // A probe that cannot be reached has only these.
        let failed: JSON = [
            "configuredServer": "10.0.0.13", "ipAddress": "10.0.0.13", "label": "Probe 13", "error": true,
            "lastContact": .text(CivilTime(milliseconds: now - 3 * 3_600_000).spaced),
        ]
        let isByAddress = faults.isOn(.probesByAddress)
        var probes = [
            JSON.Field(
                isByAddress ? "10.0.0.12" : "12",
                .object(healthy + StatusMachine(appliance, faults, name: "probe 12").fields))
        ]
        if faults.isOn(.probeError) { probes.append(.init(isByAddress ? "10.0.0.13" : "13", failed)) }
        json = .object(probes)
    }
}
