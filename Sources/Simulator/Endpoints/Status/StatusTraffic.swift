/// What the appliance sees: bandwidth in bit/s, devices, protocols, subnets.
struct StatusTraffic {
    let fields: [JSON.Field]

    init(_ appliance: Appliance) {
        let now = appliance.shownTime
        let minute = CivilTime.floorDivide(now, 60_000)
        var random = SeededGenerator(seed: appliance.population.maker.seed, "traffic of \(appliance.name)", minute)
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
            .init("models", JSON(ModelCatalogue.models.count)), .init("modelsBreached", 5_259),
            .init("modelsSuppressed", 31_630),
        ]
        let protocols = [
            "DHCP", "DNS", "HTTP", "HTTPS", "KERBEROS", "LDAP", "NTLM", "RDP", "SMB", "SMTP", "SSH", "SSL",
        ]
        for (index, name) in protocols.enumerated() {
            let seen = CivilTime(milliseconds: now - Int64(index) * 61_000).spaced
            fields.append(.init("mostRecent\(name)Traffic", .text(seen)))
        }
        fields += Self.network(now)
        self.fields = fields
    }

    private static func network(_ now: Int64) -> [JSON.Field] {
        let seen = JSON.text(CivilTime(milliseconds: now - 60_000).spaced)
        let subnets = (1...12).map { number -> JSON in
            [
                "sid": JSON(number), "network": "10.\(number).0.0/16", "devices": JSON(number + 3),
                "clientDevices": JSON(number), "mostRecentTraffic": seen, "mostRecentDHCP": seen,
                "dhcpQuality": 0, "kerberosQuality": JSON(number * 7 % 100),
            ]
        }
        return [
            .init("subnets", JSON(subnets.count)), .init("subnetData", .list(subnets)),
            .init("internalIPRangesList", ["10.0.0.0/8", "192.168.0.0/16"]), .init("internalIPRanges", 2),
            .init("dnsServers", 2), .init("internalDomains", 0), .init("internalAndExternalDomains", 4),
            .init("proxyServers", 0), .init("ignoreAnalysisCredentials", []),
        ]
    }
}
