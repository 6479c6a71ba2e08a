/// One request to be made, and why.
struct PlannedQuery: Sendable, Equatable {
    let purpose: Purpose
    let window: QueryWindow
    /// The appliance's clock when it was decided on, in milliseconds since 1970.
    let now: Int64
    let byCreation: Bool
    var wantsFullRecords: Bool
    /// Ids of records that lacked something in the short form of this same window.
    var incompleteIDs: Set<Int64> = []

    /// Why it is made.
    enum Purpose: Sendable, Equatable {
        /// A slice of the way from the cursor to now.
        case catchUp
        /// The newest data while the sweep is still far behind; it counts, and moves nothing.
        case newest
        case recheck
    }

    /// It catches up with the past, so the present goes first.
    var isLowPriority: Bool { purpose == .recheck || (purpose == .catchUp && window.end < now) }
}
