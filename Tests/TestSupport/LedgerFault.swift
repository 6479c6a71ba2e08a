package import Ledger
package import PostgresLedger
package import SQLiteLedger

/// A fault that the database itself can produce.
package enum LedgerFault: Sendable, Equatable {
    /// Every commit is rolled back at its last instant.
    case refusedCommits
    /// The file cannot grow: what fits into its free pages is written, the rest fails as on a full disk.
    case fullDisk
}

/// A ledger whose database tests can make fail.
package protocol FaultyLedger: Ledger {
    /// Makes commits fail from now on, or lets them succeed again.
    func inject(_ fault: LedgerFault?) async throws
}

extension SQLiteLedger: FaultyLedger {
    package func inject(_ fault: LedgerFault?) throws {
        try withConnection { (connection) throws(SQLiteError) in
            connection.setCommitHook(rollsBack: fault == .refusedCommits)
            // SQLite raises a limit below the size of the file to that size.
            try connection.execute("PRAGMA max_page_count = \(fault == .fullDisk ? 1 : 1_073_741_823)")
        }
    }
}

extension PostgresLedger: FaultyLedger {
    package func inject(_ fault: LedgerFault?) throws {
        try integer(
            """
            DO $$ BEGIN
                DROP FUNCTION IF EXISTS darktrace_exporter.fail CASCADE;
            END $$
            """)
        guard let fault else { return }
        let raise =
            switch fault {
            case .refusedCommits: "RAISE EXCEPTION 'refused'"
            case .fullDisk: "RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'"
            }
        // A deferred trigger fails at the last instant, when the transaction commits.
        let when = fault == .refusedCommits ? "CONSTRAINT TRIGGER" : "TRIGGER"
        let deferral = fault == .refusedCommits ? "DEFERRABLE INITIALLY DEFERRED" : ""
        try integer(
            """
            DO $$ BEGIN
                CREATE FUNCTION darktrace_exporter.fail() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN \(raise.replacing("'", with: "''")); END';
                CREATE \(when) fail AFTER INSERT OR UPDATE ON darktrace_exporter.feed
                    \(deferral) FOR EACH ROW EXECUTE FUNCTION darktrace_exporter.fail();
                CREATE \(when) fail AFTER INSERT OR UPDATE ON darktrace_exporter.ledger_row
                    \(deferral) FOR EACH ROW EXECUTE FUNCTION darktrace_exporter.fail();
            END $$
            """)
    }
}
