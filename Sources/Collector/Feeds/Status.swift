import Darktrace

extension FeedKind {
    /// The state of the appliance, its probes, and the masters of a Unified View.
    package static let status = gauges(
        // `fast` uses what the appliance knows without probing its subnets, `includechildren` adds probes and masters.
        "status", path: "/status", query: "fast=true&includechildren=true",
        permissionHint:
            """
            give the API user the permission to see the system status, or set \(setting: "status_interval"): 0s
            """,
        interval: 60, isOptional: false,
        // A master sends about ten kilobytes; a Unified View all its masters, probes and their subnets.
        response: .object(maxBytes: 8 << 20),
        sections: [
            Section(
                title: "The appliance",
                about: "What `/status` reports; `status_interval: 0s` disables it. A field that this version of the "
                    + "appliance does not have is absent, never 0, and all fields are absent after three intervals "
                    + "without a response. Names of probes, masters, interfaces, mounts, licences and protocols are "
                    + "those of the API; at most \(probeLimit) probes are exposed, of everything else \(partLimit).",
                metrics: systemMetrics + trafficMetrics + stateMetrics),
            Section(
                title: "Probes",
                about: "Of the appliance itself, or on a Unified View of the master that `master` names. `probe` is "
                    + "the number that the API gives it, in old versions its address.",
                metrics: probeMetrics),
            Section(
                title: "Masters",
                about: "Of a Unified View. `master` is the number or the name that the API gives it.",
                metrics: masterMetrics),
        ])

    private static let probeLimit = 256
    private static let partLimit = 64
    private static let probeLabels: [StaticString] = ["master", "probe"]

    // MARK: The appliance

    private static let systemMetrics: [GaugeMetric] = [
        .info(
            "darktrace_appliance_info", "Version and identity of the appliance; the value is always 1.",
            labels: ["version", "type", "hostname", "model_package_version", "bundle_version"]
        ) {
            [
                [
                    $0.text("version"), $0.text("type") ?? $0.text("applianceType"), $0.text("hostname"),
                    $0.text("modelPackageVersion"), $0.text("bundleVersion"),
                ]
            ]
        },
        .gauge("darktrace_appliance_uptime_seconds", "Uptime of the appliance's system in seconds.") {
            $0.uptime("systemUptime") ?? $0.uptime("uptime")
        },
        .gauge("darktrace_appliance_cpu_ratio", "Processor utilization of the appliance, 0 to 1.") {
            $0.percentage("cpu")
        },
        // It is documented as 0 to 100; a larger one is when it matters.
        .gauge("darktrace_appliance_load_ratio", "Load of the appliance relative to its capacity; 1 is full load.") {
            $0.percentage("load", upTo: 100)
        },
        .gauge("darktrace_appliance_memory_used_ratio", "Memory utilization of the appliance, 0 to 1.") {
            $0.percentage("memoryUsed")
        },
        .gauge("darktrace_appliance_disk_utilization_ratio", "Disk I/O utilization of the appliance, 0 to 1.") {
            $0.percentage("diskUtilization")
        },
        .gauge(
            "darktrace_appliance_disk_space_used_ratio",
            "Disk space used, 0 to 1, by mount as the appliance names it; the mount without a name is /.",
            labels: ["mount"]
        ) { fields in
            fields.limit(fields.names("diskSpaceUsed_"), of: "mounts", to: partLimit).map { name, key in
                ([name.isEmpty ? "/" : name], fields.percentage(key))
            }
        },
        .gauge("darktrace_appliance_data_queue_seconds", "Processing delay of received traffic in seconds.") {
            $0.number("dataQueue")
        },
        .gauge("darktrace_appliance_darkflow_queue_seconds", "Processing delay of the flow analysis in seconds.") {
            $0.number("darkflowQueue")
        },
    ]

    private static let trafficMetrics: [GaugeMetric] = [
        .gauge(
            "darktrace_appliance_excess_traffic",
            "Whether the appliance receives more traffic than it can process (1 = yes)."
        ) { $0.flag("excessTraffic") },
        // The API reports bits and minutes.
        .gauge(
            "darktrace_appliance_bandwidth_bytes_per_second",
            "Traffic received over the last ten minutes in bytes per second."
        ) { $0.number("bandwidthCurrent", per: 8) },
        .gauge(
            "darktrace_appliance_processed_bandwidth_bytes_per_second",
            "Traffic processed over the last ten minutes in bytes per second."
        ) { $0.number("processedBandwidthCurrent", per: 8) },
        .gauge("darktrace_appliance_connections_per_second", "Current rate of connections in the traffic.") {
            $0.number("connectionsPerMinuteCurrent", per: 60)
        },
        .gauge(
            "darktrace_appliance_interface_up", "Whether a network interface of the appliance is up (1 = yes).",
            labels: ["interface"]
        ) { fields in
            fields.interfaces.map { name in
                switch fields.text("networkInterfacesState_\(name)")?.lowercased() {
                case "up": ([name], 1)
                case "down": ([name], 0)
                default: ([name], nil)
                }
            }
        },
        .counter(
            "darktrace_appliance_interface_receive_bytes_total",
            "Total number of bytes that a network interface of the appliance received.", labels: ["interface"]
        ) { fields in fields.interfaces.map { ([$0], fields.number("networkInterfacesReceived_\($0)")) } },
        .counter(
            "darktrace_appliance_interface_transmit_bytes_total",
            "Total number of bytes that a network interface of the appliance sent.", labels: ["interface"]
        ) { fields in fields.interfaces.map { ([$0], fields.number("networkInterfacesTransmitted_\($0)")) } },
    ]

    private static let stateMetrics: [GaugeMetric] = [
        .gauge(
            "darktrace_appliance_license_expiry_timestamp_seconds",
            "Unix time of the expiry of a licence, by its name in the API; absent if there is none.",
            labels: ["license"]
        ) { fields in
            // `license`, and keys that end in `License`: new versions add some.
            let licenses = fields.names().filter { $0.key == "license" || $0.key.hasSuffix("License") }
            return fields.limit(licenses, of: "licenses", to: partLimit).map { ([$0.name], fields.time($0.key)) }
        },
        .gauge(
            "darktrace_appliance_models_updated_timestamp_seconds", "Unix time of the last update of the models."
        ) { $0.time("modelsUpdated") },
        .gauge(
            "darktrace_appliance_protocol_last_seen_timestamp_seconds",
            "Unix time at which the appliance last saw traffic of a protocol.", labels: ["protocol"]
        ) { fields in
            let protocols = fields.names("mostRecent", suffix: "Traffic").filter { !$0.name.isEmpty }
            return fields.limit(protocols, of: "protocols", to: partLimit).map { ([$0.name], fields.time($0.key)) }
        },
        .gauge(
            "darktrace_appliance_active_devices", "Number of devices active within a window: 1h, 24h, 7d or 4w.",
            labels: ["window"]
        ) { $0.windows("activeDevices") },
        .gauge(
            "darktrace_appliance_new_devices", "Number of devices first seen within a window: 1h, 24h, 7d or 4w.",
            labels: ["window"]
        ) { $0.windows("newDevices") },
        .gauge(
            "darktrace_appliance_antigena_network_enabled",
            "Whether Autonomous Response (Antigena Network) is enabled (1 = yes)."
        ) { $0.flag("antigenaNetworkEnabled") },
        .gauge(
            "darktrace_appliance_antigena_network_running",
            "Whether Autonomous Response (Antigena Network) is running (1 = yes)."
        ) { $0.flag("antigenaNetworkRunning") },
    ]

    // MARK: Probes and masters

    private static let probeMetrics: [GaugeMetric] = [
        .info(
            "darktrace_probe_info", "Version and identity of a probe; the value is always 1.",
            labels: probeLabels + ["label", "type", "address", "version"]
        ) { fields in
            fields.probes.map { labels, probe in
                labels + [
                    probe.text("label"), probe.text("type") ?? probe.text("applianceType"), probe.text("ipAddress"),
                    probe.text("version"),
                ]
            }
        },
        probe("darktrace_probe_up", "Whether the appliance can reach the probe (1 = yes).") { $0.reachable },
        probe(
            "darktrace_probe_last_contact_timestamp_seconds",
            "Unix time of the last contact with a probe that the appliance cannot reach."
        ) { $0.time("lastContact") },
        probe("darktrace_probe_cpu_ratio", "Processor utilization of the probe, 0 to 1.") { $0.percentage("cpu") },
        probe("darktrace_probe_memory_used_ratio", "Memory utilization of the probe, 0 to 1.") {
            $0.percentage("memoryUsed")
        },
        probe("darktrace_probe_data_queue_seconds", "Processing delay of traffic received by the probe in seconds.") {
            $0.number("dataQueue")
        },
        probe(
            "darktrace_probe_bandwidth_bytes_per_second",
            "Traffic received by the probe over the last ten minutes in bytes per second."
        ) { $0.number("bandwidthCurrent", per: 8) },
    ]

    private static func probe(
        _ name: StaticString, _ help: StaticString, value: @escaping @Sendable (JSONFields) -> Double?
    ) -> GaugeMetric {
        .gauge(name, help, labels: probeLabels) { $0.probes.map { ($0.labels, value($0.fields)) } }
    }

    private static let masterMetrics: [GaugeMetric] = [
        .info(
            "darktrace_master_info", "Version and identity of a master; the value is always 1.",
            labels: ["master", "label", "hostname", "address", "version"]
        ) { fields in
            fields.masters.map { labels, master in
                labels + [
                    master.text("label"), master.text("hostname"), master.text("ipAddress"), master.text("version"),
                ]
            }
        },
        master("darktrace_master_up", "Whether the Unified View can reach the master (1 = yes).") { $0.reachable },
        master(
            "darktrace_master_last_contact_timestamp_seconds",
            "Unix time of the last contact with a master that the Unified View cannot reach."
        ) { $0.time("lastContact") },
        master("darktrace_master_cpu_ratio", "Processor utilization of the master, 0 to 1.") { $0.percentage("cpu") },
        master("darktrace_master_memory_used_ratio", "Memory utilization of the master, 0 to 1.") {
            $0.percentage("memoryUsed")
        },
        master("darktrace_master_data_queue_seconds", "Processing delay of traffic received by the master in seconds.")
        {
            $0.number("dataQueue")
        },
    ]

    private static func master(
        _ name: StaticString, _ help: StaticString, value: @escaping @Sendable (JSONFields) -> Double?
    ) -> GaugeMetric {
        .gauge(name, help, labels: ["master"]) { $0.masters.map { ($0.labels, value($0.fields)) } }
    }
}

extension JSONFields {
    /// The names of the network interfaces, which are part of their keys.
    fileprivate var interfaces: [String] {
        let prefixes = ["networkInterfacesState_", "networkInterfacesReceived_", "networkInterfacesTransmitted_"]
        let names = Set(prefixes.flatMap { prefix in self.names(prefix).map { $0.name } }).subtracting([""])
        return limit(names.sorted(), of: "interfaces", to: 64)
    }

    /// A number for each window that devices are counted over.
    fileprivate func windows(_ prefix: String) -> [GaugeMetric.Sample] {
        [("1h", "Hour"), ("24h", "24Hours"), ("7d", "7Days"), ("4w", "4Weeks")].map { label, suffix in
            ([label], number(prefix + suffix))
        }
    }

    /// 0 if the object reports an error, as a flag or as text, instead of its state.
    fileprivate var reachable: Double? {
        guard let text = text("error")?.lowercased() else { return bool("error") == true ? 0 : 1 }
        return text == "false" || text == "0" ? 1 : 0
    }

    /// The masters of a Unified View by number or name.
    fileprivate var masters: [Row] {
        table("masters") {
            guard let masters = object("instances") else { return [] }
            let names = masters.names().filter { !$0.name.isEmpty }
            return limit(names, of: "masters", to: 64).compactMap { name, key in
                masters.object(key).map { ([name], $0) }
            }
        }
    }

    /// The probes of the appliance, without a master, and those of each master.
    fileprivate var probes: [Row] {
        table("probes") {
            var keys: [(labels: [String], parent: JSONFields, key: String)] = []
            for (master, fields) in [("", self)] + masters.map({ ($0.labels[0], $0.fields) }) {
                guard let probes = fields.object("probes") else { continue }
                keys += probes.names().filter { !$0.name.isEmpty }.map { ([master, $0.name], probes, $0.key) }
            }
            return limit(keys, of: "probes", to: 256).compactMap { labels, parent, key in
                parent.object(key).map { (labels, $0) }
            }
        }
    }
}
