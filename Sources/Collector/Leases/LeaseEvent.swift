package import Ledger

/// What happened to the leases of this replica.
package enum LeaseEvent: Sendable {
    /// The leases of these appliances were taken, gave up to other replicas or lost; at least one list is not empty.
    case changed(taken: [String], released: [String], lost: [String])
    /// The database does not answer; nothing is counted until it does, and nothing exposed after the leases' end.
    case unreachable(LedgerError)
    /// It answers again.
    case reachable
}
