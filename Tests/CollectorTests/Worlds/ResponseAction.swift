/// An action of Autonomous Response in a world, over its whole life.
struct ResponseAction {
    let code: Int64
    let device: Int64
    let isManual: Bool
    /// By the appliance's clock when it was stamped, in milliseconds since 1970.
    let start: Int64
    let expires: Int64
    /// When the appliance starts to list it, in milliseconds of true time.
    let listed: Int64
    /// When it took effect, at its start or when somebody confirmed it, in true time; nil for never.
    let activated: Int64?
    /// When somebody ended it, in true time; nil for never.
    let cleared: Int64?
    var defect = RecordDefect.none

    /// What is wrong with the record.
    enum RecordDefect: CaseIterable {
        case none, noCode, noStart, noObject
    }

    enum State {
        case pending, active, expired, cleared, expiredUnconfirmed
    }

    /// - Parameters:
    ///   - now: True time.
    ///   - clock: The appliance's clock, by which actions expire.
    func state(at now: Int64, clock: Int64) -> State {
        if let cleared, cleared <= now { return .cleared }
        guard let activated, activated <= now else { return clock < expires ? .pending : .expiredUnconfirmed }
        return clock < expires ? .active : .expired
    }

    /// Whether a ledger with this start counts it.
    func counts(since ledgerStart: Int64) -> Bool { defect == .none && start >= ledgerStart }

    /// The series in which it counts in the end.
    var series: String {
        activated == nil
            ? "darktrace_antigena_actions_expired_unconfirmed_total{}"
            : "darktrace_antigena_actions_started_total{\(isManual ? "manual" : "model")}"
    }

    /// The record in a response.
    func json(_ state: State) -> [UInt8] {
        if defect == .noObject { return Array("[\(code)]".utf8) }
        var text = "{"
        if defect != .noCode { text += "\"codeid\":\(code)," }
        if defect != .noStart { text += "\"start\":\(start)," }
        // An appliance reports an expired action as active.
        text += "\"did\":\(device),\"manual\":\(isManual),\"expires\":\(expires),"
        text += "\"active\":\(state == .active || state == .expired),\"cleared\":\(state == .cleared)}"
        return Array(text.utf8)
    }
}
