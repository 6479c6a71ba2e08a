import Ledger

/// The table `member`: the replicas, each with the appliances that it could poll and those that it has disabled.
enum MemberStatements {
    /// Writes a replica with its appliances, and removes those that are long gone.
    static func announce(
        _ id: String, _ name: String, _ appliances: [String], disabled: [String], leaseSeconds: Double,
        on connection: PostgresConnection
    ) throws(PostgresError) {
        try connection.run(
            """
            INSERT INTO darktrace_exporter.member (id, name, appliances, disabled, heartbeat)
            VALUES ($1, $2, $3, $4, darktrace_exporter.lease_time())
            ON CONFLICT (id) DO UPDATE
            SET name = excluded.name, appliances = excluded.appliances, disabled = excluded.disabled,
                heartbeat = excluded.heartbeat
            """, [.text(id), .text(name), .texts(appliances), .texts(disabled)])
        // A replica that restarts again and again leaves one behind each time.
        try connection.run(
            """
            DELETE FROM darktrace_exporter.member
            WHERE heartbeat < darktrace_exporter.lease_time() - pg_catalog.make_interval(days => 1)
                OR (name = $2 AND id <> $1
                    AND heartbeat < darktrace_exporter.lease_time() - pg_catalog.make_interval(secs => $3))
            """, [.text(id), .text(name), .real(leaseSeconds)])
    }

    /// Records that a replica lives.
    ///
    /// - Returns: False if it is not announced any more.
    static func renew(_ id: String, on connection: PostgresConnection) throws(PostgresError) -> Bool {
        try connection.run(
            "UPDATE darktrace_exporter.member SET heartbeat = darktrace_exporter.lease_time() WHERE id = $1",
            [.text(id)]
        ).changedRows == 1
    }

    /// All replicas. One that spoke at a time to come did so before the clock of the server was set back: its silence
    /// is measured from now on.
    static func all(on connection: PostgresConnection) throws(PostgresError) -> [Replica] {
        let silent = "extract(epoch FROM darktrace_exporter.lease_time() - heartbeat)::float8"
        func read() throws(PostgresError) -> [Replica] {
            let found = try connection.run(
                "SELECT id, name, appliances, disabled, \(silent) FROM darktrace_exporter.member ORDER BY id")
            return (0..<found.count).map { row in
                Replica(
                    id: found.text(row, 0), name: found.text(row, 1), appliances: found.texts(row, 2),
                    disabled: found.texts(row, 3), secondsSilent: found.real(row, 4))
            }
        }
        let replicas = try read()
        guard replicas.contains(where: { $0.secondsSilent < 0 }) else { return replicas }
        try connection.run(
            """
            WITH late AS (
                SELECT id FROM darktrace_exporter.member WHERE heartbeat > darktrace_exporter.lease_time()
                ORDER BY id FOR UPDATE SKIP LOCKED)
            UPDATE darktrace_exporter.member AS member SET heartbeat = darktrace_exporter.lease_time()
            FROM late WHERE member.id = late.id
            """)
        return try read()
    }

    static func remove(_ id: String, on connection: PostgresConnection) throws(PostgresError) {
        try connection.run("DELETE FROM darktrace_exporter.member WHERE id = $1", [.text(id)])
    }
}
