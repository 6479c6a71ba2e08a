import Darktrace

extension SystemMetric {
    /// Licences, models, devices, and what is switched on.
    static let state: [SystemMetric] = [
        SystemMetric(
            "license_expiry_timestamp_seconds",
            "Unix time of the expiry of a licence of {}, by its name in the API; absent if there is none.",
            labels: ["license"]
        ) { fields, subject in
            // `license`, and keys that end in `License`: new versions add some. All of them end in `icense`.
            let licenses = fields.names(suffix: "icense", whole: true)
                .filter { $0.key == "license" || $0.key.utf8.suffix(7).elementsEqual("License".utf8) }
            return fields.limit(licenses, of: "licenses", to: \.licenses, subject).map {
                ([$0.name], fields.time($0.key))
            }
        },
        SystemMetric(
            "license_usage", "Number of devices or accounts that count towards a licence of {}, by kind.",
            labels: ["kind"]
        ) { fields, _ in
            guard let counts = fields.object("licenseCounts") else { return [] }
            return [
                (["ip"], counts.number("licenseIPCount")), (["cloud_ip"], counts.number("licenseCloudIPCount")),
                (["saas"], counts.object("saas").flatMap(\.saasAccounts)),
            ]
        },
        SystemMetric("models_updated_timestamp_seconds", "Unix time of the last update of the models of {}.") {
            $0.time("modelsUpdated")
        },
        SystemMetric("models", "Number of models on {}.") { $0.number("models") },
        SystemMetric(
            "models_breached", "Number of models breached on {} as the API reports it, over a period that is not known."
        ) { $0.number("modelsBreached") },
        SystemMetric(
            "models_suppressed",
            "Number of suppressed model breaches on {} as the API reports it, over a period that is not known."
        ) { $0.number("modelsSuppressed") },
        SystemMetric(
            "protocol_last_seen_timestamp_seconds", "Unix time at which {} last saw traffic of a protocol.",
            labels: ["protocol"]
        ) { fields, subject in
            let protocols = fields.names("mostRecent", suffix: "Traffic").filter { !$0.name.isEmpty }
            return fields.limit(protocols, of: "protocols", to: \.protocols, subject).map {
                ([$0.name], fields.time($0.key))
            }
        },
        SystemMetric(
            "active_devices",
            """
            Number of devices seen by {} that were active within a window: 1h, 24h, 7d or 4w; longer windows contain \
            shorter ones.
            """, labels: ["window"]
        ) { fields, _ in fields.windows("activeDevices") },
        SystemMetric(
            "new_devices",
            "Number of devices first seen by {} within a window: 1h, 24h, 7d or 4w; longer windows contain shorter ones.",
            labels: ["window"]
        ) { fields, _ in fields.windows("newDevices") },
        SystemMetric("subnets", "Number of subnets that {} knows.") { $0.number("subnets") },
        SystemMetric(
            "antigena_network_enabled", "Whether Autonomous Response (Antigena Network) is enabled on {} (1 = yes)."
        ) { $0.flag("antigenaNetworkEnabled") },
        SystemMetric(
            "antigena_network_running", "Whether Autonomous Response (Antigena Network) is running on {} (1 = yes)."
        ) { $0.flag("antigenaNetworkRunning") },
        SystemMetric(
            "antigena_confirmation_mode",
            "Whether actions of Autonomous Response (Antigena Network) on {} wait for a person (1 = yes)."
        ) { $0.flag("antigenaNetworkConfirmationMode") },
        SystemMetric("callhome_enabled", "Whether {} may call home to Darktrace (1 = yes).") {
            $0.flag("callhomeEnabled")
        },
    ]
}

extension JSONFields {
    /// A number for each window that devices are counted over.
    fileprivate func windows(_ prefix: String) -> [GaugeMetric.Sample] {
        [("1h", "Hour"), ("24h", "24Hours"), ("7d", "7Days"), ("4w", "4Weeks")].map { label, suffix in
            ([label], number(prefix + suffix))
        }
    }

    /// The total of accounts, or their sum over the modules where there is no total.
    fileprivate var saasAccounts: Double? {
        if let total = number("total") { return total }
        let modules = names().compactMap { number($0.key) }
        return modules.isEmpty ? nil : modules.reduce(0, +)
    }
}
