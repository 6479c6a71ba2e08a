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
        var fields = identity + licences + StatusLoad(appliance).fields + StatusTraffic(appliance).fields
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
            .init("excessTraffic", false),
            .init("time", .text(faults.isOn(.timeWithoutSeconds) ? String(time.dropLast(3)) : time)),
            .init("installed", .text(CivilTime(milliseconds: appliance.population.epoch).date)),
            .init("mobileAppConfigured", true), .init("version", "6.1.23 (f35936c6)"), .init("ipAddress", "10.0.0.5"),
            .init("modelsUpdated", .text("\(date) 06:12:11")), .init("modelPackageVersion", "6.1.8-1512~20260901"),
            .init("bundleVersion", "61023"), .init("bundleVariant", "rc"),
            .init("bundleDate", .text("\(date) 05:00:00")),
            .init("bundleInstalledDate", .text("\(date) 05:30:00")),
            .init("hostname", .text(appliance.hostName ?? appliance.name)), .init("label", .text(appliance.name)),
            .init("uuid", "8b0f3a5e-6d2c-4b1f-9d7e-0a1b2c3d4e5f"), .init("inoculation", false),
            .init("applianceOSCode", "j"), .init("applianceType", "master"),
            .init("type", .text(faults.isOn(.instances) ? "unifiedView" : "master")),
            .init("callhomeEnabled", true), .init("maximumOSSensors", 100), .init("uptime", .text(appliance.uptime)),
            .init("systemUptime", .text(appliance.uptime)),
        ]
    }

    private var licences: [JSON.Field] {
        let end = CivilTime(milliseconds: appliance.population.epoch + 730 * 86_400_000).spaced
        let names = [
            "license", "saasConnectorLicense", "antigenaSaasLicense", "antigenaNetworkLicense", "cloudSecurityLicense",
            "preventE2ELicense",
        ]
        let text = JSON.text(faults.isOn(.emptyLicence) ? "" : end)
        return names.map { .init($0, text) } + [
            .init(
                "licenseCounts",
                [
                    "saas": ["Office365": 6, "AzureActiveDirectory": 3, "total": 9], "licenseIPCount": 60,
                    "licenseCloudIPCount": 0,
                ])
        ]
    }

    /// The masters behind a Unified View, one of them out of reach.
    private var instances: JSON {
        [
            "1": [
                "hostname": "master-1", "ipAddress": "10.0.1.5", "label": "Site 1", "version": "6.1.23 (f35936c6)",
                "cpu": 31, "memoryUsed": 58, "dataQueue": 1, "probes": [:],
            ],
            "2": [
                "hostname": "master-2", "ipAddress": "10.0.2.5", "label": "Site 2", "error": true,
                "lastContact": .text(CivilTime(milliseconds: appliance.shownTime - 7_200_000).spaced),
            ],
        ]
    }
}
