import Darktrace

extension FeedKind {
    /// The state of the appliance, its probes, and the masters of a Unified View.
    package static let status = gauges(
        // `fast` uses what the appliance knows without probing its subnets, `includechildren` adds probes and masters.
        "status", path: "/status", query: { _ in "fast=true&includechildren=true" },
        permissionHint:
            """
            give the API user the permission to see the system status, or set \(setting: "status_interval"): 0s
            """,
        interval: .minute, isOptional: false,
        // A master sends about ten kilobytes; a Unified View all its masters, probes and their subnets.
        response: .object(maxBytes: 8 << 20),
        sections: [
            Section(
                title: "The appliance",
                about: "What `/status` reports; `status_interval: 0s` disables it. A field that this version of the "
                    + "appliance does not have is absent, never 0, and all fields are absent after three intervals "
                    + "without a response. Names of probes, masters, interfaces, mounts, licences and protocols are "
                    + "those of the API. At most 256 probes and 64 masters are exposed, of the appliance at most 64 interfaces, "
                    + "mounts, licences and protocols, of each probe and master at most 8 interfaces, mounts and "
                    + "licences and 32 protocols.",
                metrics: [applianceInfo] + systemMetrics(of: .appliance)),
            Section(
                title: "Probes",
                about: "Of the appliance itself, or on a Unified View of the master that `master` names. `probe` is "
                    + "the number that the API gives it, in old versions its address.",
                metrics: probeMetrics + systemMetrics(of: .probe)),
            Section(
                title: "Masters",
                about: "Of a Unified View. `master` is the number or the name that the API gives it.",
                metrics: masterMetrics + systemMetrics(of: .master)),
        ])

    /// What all machines have in common.
    private static func systemMetrics(of subject: SystemMetric.Subject) -> [GaugeMetric] {
        (SystemMetric.load + SystemMetric.traffic + SystemMetric.state).map { $0.metric(of: subject) }
    }

    private static let applianceInfo = GaugeMetric.info(
        "darktrace_appliance_info", "Version and identity of the appliance; the value is always 1.",
        labels: ["version", "type", "hostname", "model_package_version", "bundle_version"]
    ) {
        [
            [
                $0.text("version"), $0.text("type") ?? $0.text("applianceType"), $0.text("hostname"),
                $0.text("modelPackageVersion"), $0.text("bundleVersion"),
            ]
        ]
    }

    private static let probeLabels: [StaticString] = SystemMetric.Subject.probe.labels

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
        .gauge("darktrace_probe_up", "Whether the appliance can reach the probe (1 = yes).", labels: probeLabels) {
            $0.probes.map { ($0.labels, $0.fields.reportsError ? 0 : 1) }
        },
        .gauge(
            "darktrace_probe_last_contact_timestamp_seconds",
            "Unix time of the last contact with a probe that the appliance cannot reach.", labels: probeLabels
        ) { $0.probes.map { ($0.labels, $0.fields.time("lastContact")) } },
    ]

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
        .gauge("darktrace_master_up", "Whether the Unified View can reach the master (1 = yes).", labels: ["master"]) {
            $0.masters.map { ($0.labels, $0.fields.reportsError ? 0 : 1) }
        },
        .gauge(
            "darktrace_master_last_contact_timestamp_seconds",
            "Unix time of the last contact with a master that the Unified View cannot reach.", labels: ["master"]
        ) { $0.masters.map { ($0.labels, $0.fields.time("lastContact")) } },
    ]
}

extension SystemMetric.Subject {
    fileprivate static let appliance = SystemMetric.Subject(
        prefix: "darktrace_appliance", noun: "the appliance", labels: [],
        limits: SystemMetric.Limits(interfaces: 64, mounts: 64, licenses: 64, protocols: 64))

    fileprivate static let probe = SystemMetric.Subject(
        prefix: "darktrace_probe", noun: "a probe", labels: ["master", "probe"],
        limits: SystemMetric.Limits(interfaces: 8, mounts: 8, licenses: 8, protocols: 32),
        machines: { $0.probes })

    fileprivate static let master = SystemMetric.Subject(
        prefix: "darktrace_master", noun: "a master", labels: ["master"],
        limits: SystemMetric.Limits(interfaces: 8, mounts: 8, licenses: 8, protocols: 32),
        machines: { $0.masters })
}

extension JSONFields {
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
