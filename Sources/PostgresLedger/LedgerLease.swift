import Ledger

/// The right of one process to write to the ledger, as a row of the table `lease`.
///
/// A lock of a session would be worth nothing behind a pooler, and outlive a process that is stopped. Each commit
/// names the epoch of its lease, so that what a former holder sent, or this one on a former connection, is refused
/// whenever it arrives.
struct LedgerLease {
    /// Different in every process; it says where that runs.
    let holder: String
    let seconds: Double
    private(set) var epoch: Int64 = 0

    private static let name = "ledger"
    /// Ends that are later than this were written before the clock of the server was set back.
    private static let longestSeconds = 1_200.0

    /// Who has the lease instead.
    struct Holder {
        let name: String
        /// Seconds since 1970, by the clock of the server.
        let expires: Double
        let secondsLeft: Double
    }

    init(holder: String, seconds: Double) {
        self.holder = holder
        self.seconds = seconds
    }

    /// Takes the lease if it is free.
    ///
    /// - Returns: Who has it otherwise.
    mutating func take(on connection: PostgresConnection) throws(PostgresError) -> Holder? {
        let taken = try connection.run(
            """
            WITH free AS (
                SELECT name FROM darktrace_exporter.lease
                WHERE name = $1 AND (holder IS NULL OR expires < darktrace_exporter.lease_time()
                    OR expires > darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => $4))
                FOR UPDATE)
            UPDATE darktrace_exporter.lease AS lease
            SET holder = $2, epoch = lease.epoch + 1,
                expires = darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => $3)
            FROM free WHERE lease.name = free.name
            RETURNING lease.epoch
            """, [.text(Self.name), .text(holder), .real(seconds), .real(Self.longestSeconds)])
        guard taken.count == 0 else {
            epoch = taken.integer(0, 0)
            return nil
        }
        let other = try connection.run(
            """
            SELECT coalesce(holder, 'unknown'), extract(epoch FROM expires)::float8,
                extract(epoch FROM expires - darktrace_exporter.lease_time())::float8
            FROM darktrace_exporter.lease WHERE name = $1
            """, [.text(Self.name)])
        guard other.count == 1 else { throw PostgresError(.damaged, "the table lease has no row for the ledger") }
        return Holder(name: other.text(0, 0), expires: other.real(0, 1), secondsLeft: other.real(0, 2))
    }

    /// Continues after a new connection: the new epoch refuses what is still on its way over the old one.
    ///
    /// - Returns: Whether the lease is still this process's.
    mutating func continueHolding(on connection: PostgresConnection) throws(PostgresError) -> Bool {
        // It waits for the lock of a transaction that is about to commit, or fails and is repeated.
        let held = try connection.run(
            """
            UPDATE darktrace_exporter.lease
            SET epoch = epoch + 1, expires = darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => $3)
            WHERE name = $1 AND holder = $2
            RETURNING epoch
            """, [.text(Self.name), .text(holder), .real(seconds)])
        guard held.count == 1 else { return false }
        epoch = held.integer(0, 0)
        return true
    }

    /// Renews the lease, and in a transaction locks it, so that no other process can take it before the end of that.
    ///
    /// - Throws: `PostgresError` with `.fenced` if it is not held with this epoch.
    func renew(on connection: PostgresConnection) throws(PostgresError) {
        let renewed = try connection.run(
            """
            UPDATE darktrace_exporter.lease
            SET expires = darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => $4)
            WHERE name = $1 AND holder = $2 AND epoch = $3
            """, [.text(Self.name), .text(holder), .integer(epoch), .real(seconds)])
        guard renewed.changedRows == 1 else { throw PostgresError(.fenced, "the lease has another holder or epoch") }
    }

    /// Gives the lease back, if it is held.
    func release(on connection: PostgresConnection) throws(PostgresError) {
        try connection.run(
            """
            UPDATE darktrace_exporter.lease SET holder = NULL, expires = darktrace_exporter.lease_time()
            WHERE name = $1 AND holder = $2 AND epoch = $3
            """, [.text(Self.name), .text(holder), .integer(epoch)])
    }
}
