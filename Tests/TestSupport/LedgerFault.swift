package import Ledger

/// A fault that SQLite itself can produce.
package enum LedgerFault: Sendable, Equatable {
    /// Every commit is rolled back at its last instant.
    case refusedCommits
    /// The file cannot grow: what fits into its free pages is written, the rest fails as on a full disk.
    case fullDisk
}

extension Ledger {
    /// Makes commits fail from now on, or lets them succeed again.
    package func inject(_ fault: LedgerFault?) throws {
        try withConnection { (connection) throws(SQLiteError) in
            connection.setCommitHook(rollsBack: fault == .refusedCommits)
            // SQLite raises a limit below the size of the file to that size.
            try connection.execute("PRAGMA max_page_count = \(fault == .fullDisk ? 1 : 1_073_741_823)")
        }
    }
}
