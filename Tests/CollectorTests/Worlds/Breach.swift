/// A breach as the world knows it, and as its appliance tells it.
struct Breach {
    let id: Int64
    /// By the appliance's clock when it was stamped, in milliseconds since 1970.
    let creation: Int64
    let activity: Int64
    /// When the appliance begins to list it, in milliseconds of true time.
    let listed: Int64
    let model: String
    let category: String
    /// Thousandths.
    let score: Int
    var defect: RecordDefect = .none

    /// What is wrong with the record.
    enum RecordDefect: CaseIterable {
        case none, noScore, oddScore, noCategory, noName, oddName, noCreation, oddCreation, noID, noTime, noObject
    }

    /// Whether there is anything that identifies and dates it.
    var isReadable: Bool { ![.noID, .noTime, .noObject].contains(defect) }
    var hasScore: Bool { ![.noScore, .oddScore].contains(defect) }
    var hasCreation: Bool { ![.noCreation, .oddCreation].contains(defect) }
    /// What decides whether it belongs to a ledger.
    var time: Int64 { hasCreation ? creation : activity }
    var label: String { [.noName, .oddName].contains(defect) ? "unknown" : model }
    var countedCategory: String { defect == .noCategory ? "informational" : category }

    /// Whether it belongs to a ledger.
    func counts(since start: Int64) -> Bool { isReadable && time >= start }

    /// The record as it stands in an answer.
    ///
    /// - Parameter isShort: The short form of an appliance that leaves out the score.
    func json(isShort: Bool, isAcknowledged: Bool) -> [UInt8] {
        if defect == .noObject { return Array("[\(id)]".utf8) }
        var text = "{"
        if defect != .noID { text += "\"pbid\":\(id)," }
        switch defect {
        case .noTime: break
        case .noCreation: text += "\"time\":\(activity),"
        case .oddCreation: text += "\"time\":\(activity),\"creationTime\":{},"
        default: text += "\"time\":\(activity),\"creationTime\":\(creation),"
        }
        if !isShort, hasScore {
            text += "\"score\":\(score == 1_000 ? "1" : "0.\(String(1_000 + score).dropFirst())"),"
        }
        if defect == .oddScore { text += "\"score\":[\"high\"]," }
        if isAcknowledged { text += "\"acknowledged\":{\"time\":\(creation)},\"commentCount\":2," }
        var then = ""
        switch defect {
        case .noName: break
        case .oddName: then += "\"name\":[7],"
        default: then += "\"name\":\"\(model)\","
        }
        if defect != .noCategory {
            then +=
                category == "compliance"
                ? "\"category\":\"Critical\",\"compliance\":true,"
                : "\"category\":\"\(category.prefix(1).uppercased())\(category.dropFirst())\","
        }
        return Array((text + "\"model\":{\"then\":{\(then)\"pid\":4},\"now\":{\"name\":\"Renamed\"}}}").utf8)
    }
}
