import Ledger

/// The leases that this process holds, each a row of the table `lease`.
///
/// A lock of a session would be worth nothing behind a pooler, and outlive a process that is stopped. Instead, every
/// transaction that writes names the epoch of the lease, and the number of the connection that it was sent on. So what a
/// former holder sent, or this process on a former connection, is refused whenever it arrives.
struct HeldLeases {
    /// The id of this replica.
    let holder: String
    let seconds: Double
    /// What this process knows to hold. An epoch is the right to write as long as no other process could have written
    /// since it was taken; a row with another epoch is not this process's, whatever the row says.
    private(set) var epochs: [String: Int64] = [:]
    /// Grows with each connection to the database.
    private var connectionNumber: Int64 = 0

    /// How long a row that is locked is waited for.
    private static let lockWait = "2s"
    private static let lockNotAvailable = "55P03"

    init(holder: String, seconds: Double) {
        self.holder = holder
        self.seconds = seconds
    }

    /// Takes those of the leases that are free.
    ///
    /// Rows that are locked are left out, so that one transaction that is stuck does not hold up the others.
    mutating func take(_ appliances: [String], on connection: PostgresConnection) throws(PostgresError) -> [Lease] {
        var taken = try takeFree(appliances, on: connection)
        let missing = Set(appliances).subtracting(taken.map(\.appliance)).sorted()
        if !missing.isEmpty {
            try LeaseStatements.limitEnds(of: missing, on: connection)
            if try LeaseStatements.createMissing(missing, on: connection) {
                taken += try takeFree(missing, on: connection)
            }
        }
        return taken
    }

    private mutating func takeFree(
        _ appliances: [String], on connection: PostgresConnection
    ) throws(PostgresError) -> [Lease] {
        // A row of this process that it does not know was taken by a statement whose answer was lost.
        let taken = try connection.run(
            """
            WITH free AS (
                SELECT appliance FROM darktrace_exporter.lease
                WHERE appliance = ANY ($1)
                    AND (holder IS NULL OR holder = $2 AND connection <= $3
                        OR expires < darktrace_exporter.lease_time())
                ORDER BY appliance FOR UPDATE SKIP LOCKED)
            UPDATE darktrace_exporter.lease AS lease
            SET holder = $2, connection = $3, epoch = lease.epoch + 1, seconds = $4,
                expires = darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => $4)
            FROM free WHERE lease.appliance = free.appliance
            RETURNING lease.appliance, lease.epoch
            """, [.texts(appliances), .text(holder), .integer(connectionNumber), .real(seconds)])
        let leases = (0..<taken.count).map { Lease(taken.text($0, 0), epoch: taken.integer($0, 1)) }
        for lease in leases { epochs[lease.appliance] = lease.epoch }
        return leases
    }

    /// Renews all leases, and forgets those that another process has taken.
    ///
    /// One statement renews all that are not locked. No process keeps one of these rows locked for long, except a
    /// transaction on a former connection of this one that is stuck; what is locked is therefore waited for, but
    /// shortly. All that is left was renewed after the call began.
    mutating func renew(on connection: PostgresConnection) throws(PostgresError) -> [Lease] {
        guard !epochs.isEmpty else { return [] }
        var renewed = try renew(epochs, " SKIP LOCKED", on: connection)
        let locked = epochs.filter { renewed[$0.key] == nil }
        if !locked.isEmpty {
            do throws(PostgresError) {
                let late = try connection.transaction { () throws(PostgresError) in
                    try connection.execute("SET LOCAL lock_timeout = '\(Self.lockWait)'")
                    return try renew(locked, "", on: connection)
                }
                renewed.merge(late) { $1 }
            } catch {
                guard error.sqlState == Self.lockNotAvailable else { throw error }
            }
        }
        epochs = renewed
        return renewed.map { Lease($0.key, epoch: $0.value) }
    }

    private func renew(
        _ epochs: [String: Int64], _ waiting: String, on connection: PostgresConnection
    ) throws(PostgresError) -> [String: Int64] {
        let renewed = try connection.run(
            """
            WITH held AS (
                SELECT lease.appliance FROM darktrace_exporter.lease AS lease
                JOIN unnest($1, $2) AS known (appliance, epoch)
                    ON known.appliance = lease.appliance AND known.epoch = lease.epoch
                WHERE lease.holder = $3 AND lease.connection <= $4
                ORDER BY lease.appliance FOR NO KEY UPDATE OF lease\(waiting))
            UPDATE darktrace_exporter.lease AS lease
            SET connection = $4, expires = darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => $5)
            FROM held WHERE lease.appliance = held.appliance
            RETURNING lease.appliance, lease.epoch
            """,
            [
                .texts(Array(epochs.keys)), .integers(Array(epochs.values)), .text(holder), .integer(connectionNumber),
                .real(seconds),
            ])
        return Dictionary((0..<renewed.count).map { (renewed.text($0, 0), renewed.integer($0, 1)) }) { $1 }
    }

    /// Continues on a new connection, before anything else is read or written on it.
    ///
    /// From then on the database refuses what is still on its way over former connections, so that what is read stays
    /// true. A lease whose row stays locked by a former transaction is forgotten: what that one will do is not known.
    mutating func continueHolding(on connection: PostgresConnection) throws(PostgresError) {
        connectionNumber += 1
        _ = try renew(on: connection)
    }

    /// Renews a lease at the beginning of a transaction, and locks its row, so that no replica can take it before the end.
    ///
    /// - Throws: `PostgresError` with `.fenced` if it is not held.
    mutating func fence(_ appliance: String, on connection: PostgresConnection) throws(PostgresError) {
        guard let epoch = epochs[appliance] else { throw PostgresError(.fenced, appliance) }
        let renewed = try connection.run(
            """
            UPDATE darktrace_exporter.lease
            SET expires = darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => $5)
            WHERE appliance = $1 AND holder = $2 AND epoch = $3 AND connection = $4
            """, [.text(appliance), .text(holder), .integer(epoch), .integer(connectionNumber), .real(seconds)])
        guard renewed.changedRows == 1 else {
            epochs[appliance] = nil
            throw PostgresError(.fenced, appliance)
        }
    }

    /// Gives leases back.
    ///
    /// - Parameter appliances: nil for everything that this process has ever taken.
    mutating func release(_ appliances: [String]?, on connection: PostgresConnection) throws(PostgresError) {
        if let appliances { for name in appliances { epochs[name] = nil } } else { epochs = [:] }
        try connection.run(
            """
            WITH given AS (
                SELECT appliance FROM darktrace_exporter.lease
                WHERE holder = $1 AND connection <= $2 AND ($3::text[] IS NULL OR appliance = ANY ($3::text[]))
                ORDER BY appliance FOR UPDATE SKIP LOCKED)
            UPDATE darktrace_exporter.lease AS lease SET holder = NULL, expires = darktrace_exporter.lease_time()
            FROM given WHERE lease.appliance = given.appliance
            """, [.text(holder), .integer(connectionNumber), appliances.map { .texts($0) } ?? .null])
    }
}
