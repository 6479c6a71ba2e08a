import Ledger

/// What is done with rows of the table `lease` of any holder.
enum LeaseStatements {
    /// Creates rows for appliances that have none.
    ///
    /// It looks before it inserts, because `ON CONFLICT` alone waits for a transaction that writes such a row.
    ///
    /// - Returns: Whether there was such an appliance.
    @discardableResult
    static func createMissing(_ appliances: [String], on connection: PostgresConnection) throws(PostgresError) -> Bool {
        try connection.run(
            """
            INSERT INTO darktrace_exporter.lease (appliance)
            SELECT name FROM pg_catalog.unnest($1) AS name
            WHERE NOT EXISTS (SELECT FROM darktrace_exporter.lease WHERE appliance = name)
            ORDER BY name ON CONFLICT DO NOTHING
            """, [.texts(appliances)]
        ).changedRows > 0
    }

    /// Moves ends that are too far away, because the clock of the server was set back since they were written.
    ///
    /// They are then as if the lease had been renewed now. Its holder, if it lives, renews it before it ends.
    static func limitEnds(of appliances: [String], on connection: PostgresConnection) throws(PostgresError) {
        try connection.run(
            """
            WITH late AS (
                SELECT appliance FROM darktrace_exporter.lease
                WHERE appliance = ANY ($1) AND holder IS NOT NULL
                    AND expires > darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => seconds)
                ORDER BY appliance FOR NO KEY UPDATE SKIP LOCKED)
            UPDATE darktrace_exporter.lease AS lease
            SET expires = darktrace_exporter.lease_time() + pg_catalog.make_interval(secs => lease.seconds)
            FROM late WHERE lease.appliance = late.appliance
            """, [.texts(appliances)])
    }

    /// The names of the replicas that hold leases now, by appliance; of all appliances, or of these.
    static func holders(
        of appliances: [String]? = nil, on connection: PostgresConnection
    ) throws(PostgresError) -> [String: String] {
        let found = try connection.run(
            """
            SELECT lease.appliance, coalesce(member.name, lease.holder)
            FROM darktrace_exporter.lease AS lease
            LEFT JOIN darktrace_exporter.member AS member ON member.id = lease.holder
            WHERE lease.holder IS NOT NULL AND lease.expires > darktrace_exporter.lease_time()
                AND ($1::text[] IS NULL OR lease.appliance = ANY ($1::text[]))
            """, [appliances.map { .texts($0) } ?? .null])
        return Dictionary((0..<found.count).map { (found.text($0, 0), found.text($0, 1)) }) { $1 }
    }

    /// Locks the rows of appliances until the end of the transaction, so that no replica takes these leases.
    static func lock(_ appliances: [String], on connection: PostgresConnection) throws(PostgresError) {
        try createMissing(appliances, on: connection)
        try connection.run(
            """
            SELECT FROM darktrace_exporter.lease WHERE appliance = ANY ($1) ORDER BY appliance FOR UPDATE
            """, [.texts(appliances)])
    }

    /// Ends leases that are over, so that a former holder that wakes up can write nothing.
    static func revoke(_ appliances: [String], on connection: PostgresConnection) throws(PostgresError) {
        try connection.run(
            "UPDATE darktrace_exporter.lease SET holder = NULL, epoch = epoch + 1 WHERE appliance = ANY ($1)",
            [.texts(appliances)])
    }

    /// Removes the row of an appliance that is gone.
    static func remove(_ appliance: String, on connection: PostgresConnection) throws(PostgresError) {
        try connection.run("DELETE FROM darktrace_exporter.lease WHERE appliance = $1", [.text(appliance)])
    }
}
