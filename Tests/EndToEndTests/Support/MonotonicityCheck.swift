import Testing

/// The highest that each counter of the ledger was ever shown, through all lives of the program.
struct MonotonicityCheck {
    private var marks: [Series: Double] = [:]
    /// How many scrapes were compared with the ones before.
    private(set) var scrapes = 0
    /// How often anything was higher than in the scrape before.
    private(set) var rises = 0

    private struct Series: Hashable {
        let name: String
        let labels: [String: String]
    }

    private static let families = [
        "darktrace_model_breaches_total", "darktrace_model_breach_score_",
        "darktrace_model_breach_creation_delay_seconds_", "darktrace_model_breach_ingestion_delay_seconds_",
        "darktrace_model_breaches_acknowledged_total", "darktrace_model_breach_acknowledgement_delay_seconds_",
        "darktrace_antigena_actions_started_total", "darktrace_antigena_actions_expired_unconfirmed_total",
        "darktrace_aianalyst_incident_events_total", "darktrace_model_breaches_found_late_total",
        "darktrace_model_breach_last_creation_timestamp_seconds",
    ]

    /// No counter may be lower than before, and none may be gone.
    mutating func expectNoFall(_ scrape: Scrape, _ context: String, sourceLocation: SourceLocation = #_sourceLocation) {
        var present: Set<Series> = []
        var hasRisen = false
        for sample in scrape.samples where Self.families.contains(where: sample.name.hasPrefix) {
            let series = Series(name: sample.name, labels: sample.labels)
            present.insert(series)
            if let mark = marks[series], sample.value < mark {
                Issue.record(
                    "\(context): \(series) fell from \(mark) to \(sample.value)", sourceLocation: sourceLocation)
            }
            hasRisen = hasRisen || sample.value > marks[series] ?? 0
            marks[series] = sample.value
        }
        for gone in Set(marks.keys).subtracting(present) {
            Issue.record("\(context): \(gone) is gone", sourceLocation: sourceLocation)
        }
        scrapes += 1
        if hasRisen { rises += 1 }
    }
}
