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
        interval: .minute,
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
        ],
        further: [
            FurtherRequest(
                path: "/antigena", query: { _ in "needconfirming=true" }, response: .list,
                // Nearly always nothing waits, and the list is not worth a request.
                isNeeded: { ($0?.value(of: "darktrace_antigena_actions", ["pending"]) ?? 0) > 0 },
                section: Section(
                    title: "Waiting actions of Autonomous Response",
                    about: "From `/antigena?needconfirming=true`, which is asked only while an action waits.",
                    metrics: [
                        .gauge(
                            "darktrace_antigena_action_oldest_pending_timestamp_seconds",
                            """
                            Unix time of the begin of the oldest Autonomous Response (RESPOND, Antigena) action that \
                            waits for a confirmation; absent if none waits.
                            """, labels: [], combine: { min($0, $1) }
                        ) { [([], $0.time("start"))] }
                    ]))
        ])
}
