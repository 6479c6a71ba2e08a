/// How busy the appliance is: percentages, queues in seconds, interfaces; they move slowly with its clock.
struct StatusLoad {
    let fields: [JSON.Field]

    init(_ appliance: Appliance) {
        let minute = CivilTime.floorDivide(appliance.shownTime, 60_000)
        var random = SeededGenerator(seed: appliance.population.maker.seed, "load of \(appliance.name)", minute)
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
            .init("antigenaNetworkEnabled", true), .init("antigenaNetworkRunning", true),
            .init("antigenaNetworkConfirmationMode", false),
            .init("antigenaNetworkBlockedConnections", ["attempted": 15, "failed": 2]),
        ]
        self.fields = fields
    }
}
