import Darktrace

extension FeedKind {
    /// The events of AI Analyst, each counted once. They are never taken back, while incidents grow and merge.
    package static let incidentEvents = counted(
        "incident_events", path: "/aianalyst/incidentevents",
        permissionHint:
            """
            give the API user the permissions Unrestricted Devices and Visualizer, or set \(setting: "feeds") to \
            {incident_events: {enabled: false}}
            """,
        interval: .minute * 5,
        query: {
            "endtime=\($0.end.milliseconds)&includeacknowledged=true&includeallpinned=false"
                + "&starttime=\($0.start.milliseconds)"
        },
        section: (
            title: "AI Analyst events",
            about:
                "Counted from `/aianalyst/incidentevents` like model breaches: each event once, kept in the state file. "
                + "`category` is `critical`, `suspicious`, `compliance`, or `unknown` where the API has none."
        ),
        counters: [
            .counter(
                "darktrace_aianalyst_incident_events_total",
                "Total number of AI Analyst incident events, by the category that an event had when it was first seen.",
                labels: ["category"],
                zeros: [["critical"], ["suspicious"], ["compliance"], ["unknown"]])
        ]
    ) { event, _ in
        guard let id = event.text("id"), let created = event.time("createdAt") else { return nil }
        return [
            CountedRecord(
                id: RecordID.number(of: id), time: ApplianceTime(seconds: created), labels: [event.incidentCategory])
        ]
    }
}
