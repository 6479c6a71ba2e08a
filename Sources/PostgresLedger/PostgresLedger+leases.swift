package import Ledger

/// The leases of a fleet. Those of one process are never more than its own knowledge of them: see `HeldLeases`.
extension PostgresLedger: LeaseStore {
    package func renewLeases(
        pollable appliances: [String], disabled: [String] = []
    ) throws(LedgerError) -> [Lease] {
        try withConnection { (connection) throws(PostgresError) in
            try announce(appliances, disabled, on: connection)
            return try held.renew(on: connection)
        }
    }

    /// The lists of appliances may be long, so they are written only when they have changed.
    private func announce(
        _ appliances: [String], _ disabled: [String], on connection: PostgresConnection
    ) throws(PostgresError) {
        if let announced, announced == (appliances, disabled),
            try MemberStatements.renew(replicaID, on: connection)
        {
            return
        }
        announced = nil
        try MemberStatements.announce(
            replicaID, replicaName, appliances, disabled: disabled, leaseSeconds: held.seconds, on: connection)
        announced = (appliances, disabled)
    }

    package func replicas() throws(LedgerError) -> [Replica] {
        try withConnection { (connection) throws(PostgresError) in try MemberStatements.all(on: connection) }
    }

    package func takeLeases(of appliances: [String]) throws(LedgerError) -> [Lease] {
        try withConnection { (connection) throws(PostgresError) in try held.take(appliances, on: connection) }
    }

    package func releaseLeases(of appliances: [String]) throws(LedgerError) {
        try withConnection { (connection) throws(PostgresError) in try held.release(appliances, on: connection) }
    }

    package func leaveFleet() throws(LedgerError) {
        announced = nil
        try withConnection { (connection) throws(PostgresError) in
            try MemberStatements.remove(replicaID, on: connection)
        }
    }
}
