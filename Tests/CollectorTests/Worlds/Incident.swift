/// An incident of AI Analyst in a world: its score grows, and it may be merged into an earlier one.
struct Incident {
    let id: Int
    /// By the appliance's clock when it was stamped, in milliseconds since 1970.
    let start: Int64
    /// When the appliance starts to list it, in milliseconds of true time.
    let begun: Int64
    /// Until when it grows, in true time.
    let ended: Int64
    /// The score at its begin, in quarters of a point.
    let quarters: Int64
    /// Quarters of a point that it gets in ten minutes.
    let growth: Int64
    /// When somebody acknowledged it, in true time; nil for never.
    let acknowledged: Int64?
    /// When it was merged, in true time, and into which one of its history.
    let merged: (at: Int64, into: Int)?
    let isPinned: Bool
    /// Old versions have no categories.
    let hasCategory: Bool
    let scoreForm: ScoreForm

    /// How the score is written.
    enum ScoreForm: CaseIterable {
        case number, text, null
    }

    func quarters(at now: Int64) -> Int64 { quarters + growth * max(0, (min(now, ended) - begun) / 600_000) }
}

/// An incident as it is at an instant, with what was merged into it.
struct IncidentState {
    let id: Int
    var previous: [Int] = []
    /// By the appliance's clock, in milliseconds since 1970.
    var start: Int64
    var end: Int64
    /// In quarters of a point.
    var quarters: Int64
    let isAcknowledged: Bool
    let isPinned: Bool
    let hasCategory: Bool
    let scoreForm: Incident.ScoreForm

    init(_ incident: Incident, at now: Int64, clock: Int64) {
        id = incident.id
        start = incident.start
        end = max(start, min(clock, incident.ended + clock - now))
        quarters = incident.quarters(at: now)
        isAcknowledged = incident.acknowledged.map { $0 <= now } == true
        isPinned = incident.isPinned
        hasCategory = incident.hasCategory
        scoreForm = incident.scoreForm
    }

    /// Takes in another one.
    mutating func merge(_ other: IncidentState) {
        previous.append(other.id)
        start = min(start, other.start)
        end = max(end, other.end)
        quarters += other.quarters
    }

    private var score: Double { Double(min(quarters, 480)) / 4 }

    var category: String? {
        guard hasCategory else { return nil }
        return score >= 60 ? "critical" : score >= 20 ? "suspicious" : "compliance"
    }

    /// From 0 to 1; nil where the appliance gives none.
    var exposedScore: Double? { scoreForm == .null ? nil : min(score / 100, 1) }

    /// The record in a response.
    var json: [UInt8] {
        let score =
            switch scoreForm {
            case .number: "\(score)"
            case .text: "\"\(score)\""
            case .null: "null"
            }
        let text =
            #"{"id":"g\#(id)","previousIds":[\#(previous.map { "\"g\($0)\"" }.joined(separator: ","))],"#
            + #""start":\#(start),"end":\#(end),"groupScore":\#(score),"acknowledged":\#(isAcknowledged),"#
            + #""category":\#(category.map { "\"\($0)\"" } ?? "null"),"pinned":\#(isPinned)}"#
        return Array(text.utf8)
    }
}

extension [IncidentState] {
    /// What a poll that gets these must expose.
    var exposedValues: [String: Double] {
        var values: [String: Double] = [:]
        for category in ["critical", "suspicious", "compliance"] {
            for state in ["open", "acknowledged"] { values["darktrace_aianalyst_incidents{\(category),\(state)}"] = 0 }
        }
        for incident in self {
            let category = incident.category ?? "unknown"
            let state = incident.isAcknowledged ? "acknowledged" : "open"
            values["darktrace_aianalyst_incidents{\(category),\(state)}", default: 0] += 1
            guard !incident.isAcknowledged else { continue }
            let oldest = "darktrace_aianalyst_incident_oldest_unacknowledged_timestamp_seconds{\(category)}"
            values[oldest] = Swift.min(values[oldest] ?? .infinity, Double(incident.start) / 1_000)
            guard let score = incident.exposedScore else { continue }
            let highest = "darktrace_aianalyst_incident_highest_score{\(category)}"
            values[highest] = Swift.max(values[highest] ?? 0, score)
        }
        return values
    }
}
