/// Why the ledger could not be opened, read or written; `description` is one line that names the file or database, what
/// is wrong and what to do.
package struct LedgerError: Error, Sendable, Equatable {
    package let reason: Reason
    package let location: DatabaseLocation
    /// The message of the database or the system, or empty.
    package let detail: String

    package init(_ reason: Reason, _ location: DatabaseLocation, _ detail: String = "") {
        self.reason = reason
        self.location = location
        self.detail = detail
    }

    /// The kinds of failure, each with its own advice.
    package enum Reason: String, Sendable, CaseIterable {
        /// No space left, or over a quota.
        case full
        /// The file, its directory or the whole file system can only be read.
        case readOnly
        /// The user of the exporter may not open, create or write it.
        case permission
        /// The directory does not exist.
        case directory
        /// The file was deleted, renamed or replaced while it was open.
        case moved
        /// A write-ahead log exists, but not the file it belongs to.
        case orphanedLog
        /// Another exporter has it open, or another process writes for too long.
        case busy
        /// A `state` command renamed or removed the appliance while it was polled.
        case removed
        /// The file does not exist.
        case missing
        /// The file to be written exists already.
        case fileExists
        /// Its schema is older than this program's, and only an exporter that starts changes that.
        case older
        /// The ledger to be written has counts already.
        case notEmpty
        /// No appliance of this name has counts.
        case unknownAppliance
        /// An appliance of this name has counts already.
        case nameTaken
        /// The file system has no file locks.
        case noLocks
        /// Its schema has a version that this program does not know.
        case newer
        /// A database, but not a ledger.
        case foreign
        /// Not a database, or an empty file.
        case notDatabase
        /// A ledger whose content is broken.
        case damaged
        /// What is stored for one feed is broken; the others can be used.
        case damagedFeed
        /// The system could not read or write.
        case inputOutput
        /// `Ledger.close()` was called before.
        case closed
        /// A trigger or a hook, which the exporter does not install, refused the commit.
        case refused
        /// A change that no counter can take, such as a negative or infinite one.
        case invalidUpdate
        /// The server does not answer, or ended the connection.
        case unreachable
        /// The server refused the user or the password.
        case login
        /// The connection ended in a commit, so that it is not known what is stored until it is read again.
        case interrupted
        /// This replica does not hold the lease of the appliance: another one may.
        case leaseLost
        /// A replica polls the appliance that a command is to change.
        case leased
        /// The URI of a database cannot be used.
        case url
        /// The client library of a database cannot be loaded.
        case library
        /// Anything else.
        case unexpected

        /// What is wrong with a file, and what to do.
        fileprivate var advice: String {
            switch self {
            case .full: "no space left on the device: free some space; counting then resumes where it stopped"
            case .readOnly: "the file or its directory is read-only: make both writable, or set another --state.path"
            case .permission: "permission denied: give the user that runs the exporter the file and its directory"
            case .directory: "the directory does not exist: create it, or set another --state.path"
            case .moved: "a file was deleted, moved or replaced while in use: put it back, or restart the exporter"
            case .orphanedLog:
                "the file is gone but its -wal or -journal is there: restore the file, or move them away to start a new ledger"
            case .busy:
                "another exporter is using it (or a database tool has it open, or a state command is at work): stop that one first"
            case .removed:
                "the appliance was renamed or removed by a state command while it was polled; it is read again"
            case .missing: "there is no such state file: check --state.path"
            case .fileExists: "the file exists already; left as it is: choose another name"
            case .older: "written by an older version: start the exporter once, which updates the file"
            case .notEmpty: "there are counts already; left as they are: choose another target, or remove it first"
            case .unknownAppliance: "no appliance of this name is in the ledger: see state list"
            case .nameTaken: "an appliance of this name has counts already: forget it first, or choose another name"
            case .noLocks:
                "its file system has no file locks: put the state file on a local disk, or set another --state.path"
            case .newer: "written by a newer version: run that version, or set another --state.path"
            case .foreign: "a database, but not a ledger of this exporter; left as it is: set another --state.path"
            case .notDatabase: "not a ledger; left as it is: restore it, or move it away to start a new one"
            case .damaged: "the ledger is damaged; left as it is: restore a copy, or move it away to start a new one"
            case .damagedFeed:
                "the counts of one appliance are damaged, and no others: restore a backup, or see Damage in docs/operating.md"
            case .inputOutput: "reading or writing failed: check the device"
            case .closed: "the ledger is closed"
            case .refused: "a trigger or hook of the database refused the commit: remove it"
            case .invalidUpdate: "a change that no counter can take; this is a fault of the exporter, please report it"
            case .unreachable:
                "the database does not answer: check the server and the network; counting then resumes where it stopped"
            case .login: "the database refused the login: check user and password of the URL, and pg_hba.conf"
            case .interrupted: "a transaction was interrupted; what is stored is read again"
            case .leaseLost: "the lease of the appliance is lost; the replica that takes it goes on counting"
            case .leased: "an exporter polls this appliance: stop it, or remove the appliance there and reload first"
            case .url: "not a usable URI of PostgreSQL: write postgresql://USER:PASSWORD@HOST/DATABASE"
            case .library: "libpq cannot be loaded: install it (Debian: apt-get install libpq5)"
            case .unexpected: "unexpected failure of the database, please report it"
            }
        }
    }
}

extension LedgerError: CustomStringConvertible {
    private var advice: String {
        if case .database = location, let advice = reason.serverAdvice { return advice }
        return reason.advice
    }

    package var description: String {
        let line = "\(location): \(advice)" + (detail.isEmpty ? "" : " (\(detail))")
        return String(line.map { $0.isNewline ? " " : $0 })
    }
}
