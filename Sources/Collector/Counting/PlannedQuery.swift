/// One request to be sent, and its purpose.
struct PlannedQuery: Sendable, Equatable {
    let purpose: Purpose
    let window: QueryWindow
    /// The appliance's clock when the query was planned.
    let now: ApplianceTime
    /// Query by creation time; otherwise by activity time.
    let byCreation: Bool
    var form: Form
    /// Read what only a log needs, too.
    var wantsDetails = false

    /// Why the request is sent.
    enum Purpose: Sendable, Equatable {
        /// A window between the cursor and the present.
        case catchUp
        /// The newest records while catch-up is still far behind; they count, and move no cursor.
        case newest
        case recheck
    }

    /// Which fields the records shall have.
    enum Form: Sendable, Equatable {
        case short
        /// `incompleteIDs` are the records that were incomplete as short records of the same window.
        case full(incompleteIDs: Set<Int64>)
    }

    /// Requests for the past leave permits to requests for the present.
    var isLowPriority: Bool { purpose == .recheck || (purpose == .catchUp && window.end < now) }

    /// Ids of records that were incomplete as short records of the same window.
    var incompleteIDs: Set<Int64> {
        switch form {
        case .short: []
        case .full(let incompleteIDs): incompleteIDs
        }
    }
}
