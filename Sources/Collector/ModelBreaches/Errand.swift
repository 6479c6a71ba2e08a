/// One request to be made, and why.
struct Errand: Sendable, Equatable {
    let purpose: Purpose
    let window: Window
    /// The appliance's clock when it was decided on, in milliseconds since 1970.
    let now: Int64
    let byCreation: Bool
    var isLong: Bool
    /// Ids of records that lacked something in the short form of this same window.
    var lacking: Set<Int64> = []

    /// Why it is made.
    enum Purpose: Sendable, Equatable {
        /// A slice of the way from the cursor to now.
        case sweep
        /// The newest data while the sweep is still far behind; it counts, and moves nothing.
        case tail
        case recheck
    }

    /// It catches up with the past, so the present goes first.
    var canWait: Bool { purpose == .recheck || (purpose == .sweep && window.end < now) }
}
