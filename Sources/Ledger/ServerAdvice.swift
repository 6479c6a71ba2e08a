extension LedgerError.Reason {
    /// What is wrong with a database on a server, and what to do; nil where it is the same as for a file.
    var serverAdvice: String? {
        switch self {
        case .full: "no space left on the database server: free some space; counting then resumes where it stopped"
        case .readOnly: "the database is read-only: name the primary server in the URL"
        case .permission: "the role lacks a right: grant the rights that docs/state.md lists"
        case .missing: "there is no such database: create it, or correct the URL"
        case .newer: "the schema was changed by a newer version: run that version"
        case .foreign: "the schema darktrace_exporter is not one of this exporter; left as it is: use another database"
        case .older: "no ledger of this version: start the exporter once, which creates and updates the schema"
        case .damaged: "the ledger is damaged: restore a backup of the database"
        default: nil
        }
    }
}
