import TestSupport

extension PostgresStore {
    /// Locks the lease of `hq` as a commit does, and commits `sql` once another session waits for that lock.
    func commitWhenAwaited(_ sql: String) async throws -> String {
        try await query(
            """
            BEGIN;
            UPDATE darktrace_exporter.lease SET expires = expires WHERE appliance = 'hq';
            \(sql);
            DO $$ BEGIN
                FOR step IN 1..12000 LOOP
                    EXIT WHEN EXISTS (SELECT FROM pg_locks
                        WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)));
                    PERFORM pg_sleep(0.01);
                END LOOP;
            END $$;
            COMMIT;
            """)
    }

    /// Returns when `commitWhenAwaited` has its lock.
    func awaitRowLock() async throws {
        let isLocked = try await eventually(seconds: 100) {
            try await query(
                "SELECT 1 FROM darktrace_exporter.lease WHERE appliance = 'hq' FOR UPDATE SKIP LOCKED"
            ).isEmpty
        }
        guard isLocked else { throw WaitTimeout(what: "the lock of a row", seen: "") }
    }

    /// The output of a statement, for a test that cannot be suspended.
    func output(of sql: String) -> String {
        let words = ["-XAtq", "-d", server.url(database), "-c", sql]
        return ((try? Command.run("psql", words))?.text ?? "").split(separator: "\n").joined()
    }
}
