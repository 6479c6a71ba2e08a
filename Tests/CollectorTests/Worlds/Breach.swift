/// A breach of a world, and the record that its appliance sends.
struct Breach {
    let id: Int64
    /// By the appliance's clock when it was stamped, in milliseconds since 1970.
    let creation: Int64
    let activity: Int64
    /// When the appliance starts to list it, in milliseconds of true time.
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

    /// Whether the record has an id and a time.
    var isReadable: Bool { ![.noID, .noTime, .noObject].contains(defect) }
    var hasScore: Bool { ![.noScore, .oddScore].contains(defect) }
    var hasCreation: Bool { ![.noCreation, .oddCreation].contains(defect) }
    /// Decides whether a ledger counts it.
    var time: Int64 { hasCreation ? creation : activity }
    var label: String { [.noName, .oddName].contains(defect) ? "unknown" : model }
    var countedCategory: String { defect == .noCategory ? "informational" : category }

    /// Whether a ledger with this start counts it.
    func counts(since start: Int64) -> Bool { isReadable && time >= start }

    /// When it was acknowledged as of a time, both in milliseconds of true time; nil while it is open.
    ///
    /// A third of the breaches is acknowledged half an hour after it is listed. Some of those are reopened, and
    /// acknowledged again.
    func acknowledged(at now: Int64) -> Int64? {
        guard id % 3 == 0, case let first = listed + 1_800_000, now >= first else { return nil }
        guard id % 2 == 0, now >= first + 3_600_000 else { return first }
        return now >= first + 7_200_000 ? first + 7_200_000 : nil
    }

    /// The record in a response.
    ///
    /// - Parameters:
    ///   - isShort: A short record of an appliance that leaves out score and acknowledgement.
    ///   - acknowledged: By the appliance's clock, in milliseconds since 1970.
    func json(isShort: Bool, acknowledged: Int64?) -> [UInt8] {
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
        if !isShort, let acknowledged { text += "\"acknowledged\":{\"time\":\(acknowledged)},\"commentCount\":2," }
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
