import Darktrace

extension FeedKind {
    /// The incidents of AI Analyst. They grow and merge, so that they are gauges.
    package static let incidents = gauges(
        "incidents", path: "/aianalyst/groups",
        // Pinned incidents would come back whatever the window is.
        query: {
            "endtime=\($0.end.milliseconds)&includeacknowledged=true&includeallpinned=false"
                + "&starttime=\($0.start.milliseconds)"
        },
        permissionHint:
            """
            give the API user the permissions Unrestricted Devices and Visualizer, or set \(setting: "feeds") to \
            {incidents: {enabled: false}}
            """,
        interval: .minute * 5, window: .day * 7,
        response: .list,
        sections: [
            Section(
                title: "AI Analyst incidents",
                about: "The incidents of the `window` of the feed that `/aianalyst/groups` lists. `category` is "
                    + "\(categories.map { "`\($0)`" }.joined(separator: ", ")), or `unknown` where the API has none.",
                metrics: [
                    .gauge(
                        "darktrace_aianalyst_incidents", "Number of AI Analyst incidents by category and state.",
                        labels: ["category", "state"],
                        zeros: categories.flatMap { [[$0, "open"], [$0, "acknowledged"]] }
                    ) { [([$0.incidentCategory, $0.isAcknowledged ? "acknowledged" : "open"], 1)] },
                    .gauge(
                        "darktrace_aianalyst_incident_highest_score",
                        "Highest score of an open AI Analyst incident, 0 to 1; absent if none is open.",
                        labels: ["category"], combine: { max($0, $1) }
                    ) { incident in
                        guard !incident.isAcknowledged else { return [] }
                        return [([incident.incidentCategory], incident.percentage("groupScore").map { min($0, 1) })]
                    },
                    .gauge(
                        "darktrace_aianalyst_incident_oldest_unacknowledged_timestamp_seconds",
                        "Unix time of the begin of the oldest open AI Analyst incident; absent if none is open.",
                        labels: ["category"], combine: { min($0, $1) }
                    ) { incident in
                        incident.isAcknowledged ? [] : [([incident.incidentCategory], incident.time("start"))]
                    },
                ])
        ])

    private static let categories = ["critical", "suspicious", "compliance"]
}

extension JSONFields {
    /// The category of AI Analyst as a label: one of a closed set.
    var incidentCategory: String {
        guard let category = text("category")?.lowercased() else { return "unknown" }
        return ["critical", "suspicious", "compliance"].contains(category) ? category : "unknown"
    }

    fileprivate var isAcknowledged: Bool { bool("acknowledged") ?? false }
}
