import Darktrace

extension FeedKind {
    /// The actions of Autonomous Response.
    package static let antigena = gauges(
        "antigena", path: "/antigena/summary",
        permissionHint:
            """
            give the API user the permissions Unrestricted Devices and Visualizer, or set \(setting: "feeds") to \
            {antigena: {enabled: false}}
            """,
        interval: 60,
        response: .object(maxBytes: 1 << 20),
        sections: [
            Section(
                title: "Autonomous Response",
                about: "What `/antigena/summary` reports. `state` is `active` or `pending`.",
                metrics: [
                    .gauge(
                        "darktrace_antigena_actions",
                        "Number of Autonomous Response (RESPOND, Antigena) actions by state.", labels: ["state"]
                    ) { [(["active"], $0.number("activeCount")), (["pending"], $0.number("pendingCount"))] },
                    .gauge(
                        "darktrace_antigena_action_devices",
                        "Number of devices with Autonomous Response (RESPOND, Antigena) actions by state.",
                        labels: ["state"]
                    ) {
                        [
                            (["active"], $0.count("activeActionDevices")),
                            (["pending"], $0.count("pendingActionDevices")),
                        ]
                    },
                ])
        ])
}
