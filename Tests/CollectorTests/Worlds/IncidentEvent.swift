/// An event of AI Analyst in a world, and the record that its appliance sends.
struct IncidentEvent {
    let id: String
    /// By the appliance's clock when it was stamped, in milliseconds since 1970.
    let created: Int64
    /// When the appliance starts to list it, in milliseconds of true time.
    let listed: Int64
    /// As the appliance writes it; nil in old versions.
    let category: String?
    /// When its incident became critical, and the event with it, in true time; nil for never.
    let escalated: Int64?
    /// When somebody acknowledged it, in true time; nil for never.
    let acknowledged: Int64?
    let isPinned: Bool
    var defect = RecordDefect.none

    /// What is wrong with the record.
    enum RecordDefect: CaseIterable {
        case none, noID, noCreation, noObject
    }

    static let counter = "darktrace_aianalyst_incident_events_total"

    /// Whether a ledger with this start counts it.
    func counts(since ledgerStart: Int64) -> Bool { defect == .none && created >= ledgerStart }

    /// The values of the label `category` that it may be counted with: it depends on when it is first seen.
    var categories: Set<String> {
        let known: [String] = ["critical", "suspicious", "compliance"]
        let first = known.first { $0 == category?.lowercased() } ?? "unknown"
        return escalated == nil ? [first] : [first, "critical"]
    }

    /// The record in a response.
    func json(at now: Int64) -> [UInt8] {
        if defect == .noObject { return Array("\"\(id)\"".utf8) }
        var text = "{"
        if defect != .noID { text += "\"id\":\"\(id)\"," }
        if defect != .noCreation { text += "\"createdAt\":\(created)," }
        let category = escalated.map { $0 <= now } == true ? "critical" : category
        text += "\"category\":\(category.map { "\"\($0)\"" } ?? "null"),\"pinned\":\(isPinned),"
        text += "\"groupScore\":\([#""12.5""#, "null", "40.25"][Int(created % 3)]),"
        text += "\"acknowledged\":\(acknowledged.map { $0 <= now } == true)}"
        return Array(text.utf8)
    }
}
