import Darktrace

extension FeedKind {
    /// Numbers of devices, accounts and tactics. They depend on what the API user may see.
    package static let statistics = gauges(
        "statistics", path: "/summarystatistics",
        permissionHint: statisticsHint,
        interval: .minute * 15,
        response: .object(maxBytes: 1 << 20),
        sections: [
            Section(
                title: "Devices and accounts",
                about: "What `/summarystatistics` counts, as far as the API user may see it. `type` is one of "
                    + "\(deviceTypes.map { "`\($0)`" }.joined(separator: ", ")); at most \(platformLimit) platforms "
                    + "are exposed.",
                metrics: [
                    .gauge("darktrace_devices", "Number of devices by type.", labels: ["type"]) { fields in
                        guard let counts = fields.object("devicecount") else { return [] }
                        return deviceTypes.map { ([$0], counts.number($0)) }
                    },
                    .gauge("darktrace_saas_accounts", "Number of SaaS accounts by platform.", labels: ["platform"]) {
                        fields in
                        guard let accounts = fields.object("devicecount")?.object("saas") else { return [] }
                        let platforms = accounts.names().filter { $0.key != "total" && !$0.name.isEmpty }
                        return accounts.limit(platforms, of: "platforms", to: platformLimit).map {
                            ([$0.name], accounts.number($0.key))
                        }
                    },
                ])
        ],
        further: [
            FurtherRequest(
                // Only one kind of statistics per request: old versions answer this one with INPUT ERROR.
                path: "/summarystatistics", query: { _ in "mitreTactics=true" },
                response: .object(maxBytes: 1 << 20),
                section: Section(
                    title: "Tactics",
                    about: "What `/summarystatistics?mitreTactics=true` counts. `tactic` is a tactic of MITRE ATT&CK, "
                        + "or `other`; a model breach can have several.",
                    metrics: [
                        .gauge(
                            "darktrace_mitre_tactic_model_breaches",
                            """
                            Number of model breaches by tactic of their models over the last 28 days, a window that \
                            moves.
                            """, labels: ["tactic"]
                        ) { fields in
                            fields.objects("mitreTactics", upTo: 256).map {
                                ([tactic(of: $0.text("tactic"))], $0.number("totalCount"))
                            }
                        }
                    ]))
        ])

    private static let statisticsHint: Hint =
        """
        give the API user the permission Visualizer, or set \(setting: "feeds") to {statistics: {enabled: false}}
        """

    private static let platformLimit = 64

    private static let deviceTypes = [
        "unknown", "laptop", "mobile", "tablet", "desktop", "server", "router", "keyasset", "dnsserver", "proxyserver",
        "logserver", "tv", "camera", "fileserver", "ipphone", "iot",
    ]

    /// The tactics of MITRE ATT&CK for enterprises and for industrial control systems.
    private static let tactics: Set<String> = [
        "reconnaissance", "resource-development", "initial-access", "execution", "persistence",
        "privilege-escalation", "defense-evasion", "credential-access", "discovery", "lateral-movement", "collection",
        "command-and-control", "exfiltration", "impact", "evasion", "inhibit-response-function",
        "impair-process-control",
    ]

    private static func tactic(of name: String?) -> String {
        let slug = (name ?? "").lowercased().replacing(" ", with: "-")
        return tactics.contains(slug) ? slug : "other"
    }
}
