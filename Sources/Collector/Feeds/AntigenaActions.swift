import Darktrace

extension FeedKind {
    /// The actions of Autonomous Response, each counted once when it takes effect, or when it expired without.
    package static let antigenaActions = counted(
        "antigena_actions", path: "/antigena",
        permissionHint:
            """
            give the API user the permissions Unrestricted Devices and Visualizer, or set \(setting: "feeds") to \
            {antigena_actions: {enabled: false}}
            """,
        interval: .minute * 5,
        // A person may confirm an action days after its start, and only then it counts.
        recheckWindow: .day * 7,
        query: { "endtime=\($0.end.milliseconds)&includecleared=true&starttime=\($0.start.milliseconds)" },
        section: (
            title: "Started actions of Autonomous Response",
            about:
                "Counted from `/antigena` like model breaches: each action once, kept in the state file. An action that "
                + "needs a confirmation counts when it gets one, up to seven days after its start. `origin` is `model` or `manual`."
        ),
        counters: [
            .counter(
                "darktrace_antigena_actions_started_total",
                "Total number of Autonomous Response (RESPOND, Antigena) actions that took effect, by origin.",
                labels: ["origin"], zeros: [["model"], ["manual"]]),
            .counter(
                "darktrace_antigena_actions_expired_unconfirmed_total",
                """
                Total number of Autonomous Response (RESPOND, Antigena) actions that expired before anybody confirmed \
                them.
                """),
        ]
    ) { action, now in
        guard let code = action.number("codeid").flatMap({ Int64(exactly: $0) }), let start = action.time("start")
        else { return nil }
        let time = ApplianceTime(seconds: start)
        // An appliance reports an expired action as active, a cleared one as not active.
        if action.bool("active") == true || action.bool("cleared") == true {
            let origin = action.bool("manual") == true ? "manual" : "model"
            return [CountedRecord(id: code, time: time, labels: [origin])]
        }
        // It waits for a confirmation until it expires.
        guard let expires = action.time("expires"), ApplianceTime(seconds: expires) <= now else { return [] }
        return [CountedRecord(id: ~code, time: time, counter: 1)]
    }
}
