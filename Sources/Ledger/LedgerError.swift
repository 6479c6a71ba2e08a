/// Why the ledger could not be opened, read or written; `description` is one line that names the file, what is wrong and
/// what to do.
package struct LedgerError: Error, Sendable, Equatable {
    package let reason: Reason
    /// The file, or `:memory:`.
    package let location: DatabaseLocation
    /// SQLite's or the system's message, or empty.
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
        /// The system could not read or write.
        case inputOutput
        /// `Ledger.close()` was called before.
        case closed
        /// A commit hook, which only tests install, rolled the commit back.
        case refused
        /// A change that no counter can take, such as a negative or infinite one.
        case invalidUpdate
        /// Anything else.
        case unexpected

        /// What is wrong, and what to do.
        var advice: String {
            switch self {
            case .full: "no space left on the device: free some space; counting then resumes where it stopped"
            case .readOnly: "the file or its directory is read-only: make both writable, or set another --state.path"
            case .permission: "permission denied: give the user that runs the exporter the file and its directory"
            case .directory: "the directory does not exist: create it, or set another --state.path"
            case .moved: "the file was deleted, moved or replaced while in use: put it back, or restart the exporter"
            case .orphanedLog:
                "the file is gone but its -wal or -journal is there: restore the file, or move them away to start a new ledger"
            case .busy: "another exporter is using it (or a database tool has it open): stop that one first"
            case .removed:
                "the appliance was renamed or removed by a state command while it was polled; it is read again"
            case .missing: "there is no such state file: check --state.path"
            case .fileExists: "the file exists already; left as it is: choose another name"
            case .older: "written by an older version: start the exporter once, which updates the file"
            case .unknownAppliance: "no appliance of this name is in the ledger: see state list"
            case .nameTaken: "an appliance of this name has counts already: forget it first, or choose another name"
            case .noLocks:
                "its file system has no file locks: put the state file on a local disk, or set another --state.path"
            case .newer: "written by a newer version: run that version, or set another --state.path"
            case .foreign: "a database, but not a ledger of this exporter; left as it is: set another --state.path"
            case .notDatabase: "not a ledger; left as it is: restore it, or move it away to start a new one"
            case .damaged: "the ledger is damaged; left as it is: restore a copy, or move it away to start a new one"
            case .inputOutput: "reading or writing failed: check the device"
            case .closed: "the ledger is closed"
            case .refused: "the commit was refused"
            case .invalidUpdate: "a change that no counter can take; this is a fault of the exporter, please report it"
            case .unexpected: "unexpected failure of SQLite, please report it"
            }
        }
    }
}

extension LedgerError: CustomStringConvertible {
    package var description: String {
        let line = "\(location): \(reason.advice)" + (detail.isEmpty ? "" : " (\(detail))")
        return String(line.map { $0.isNewline ? " " : $0 })
    }
}

/// Where a ledger is kept.
package enum DatabaseLocation: Sendable, Equatable {
    /// A file by its path, relative or absolute; next to it SQLite keeps one that ends in `-wal`.
    case file(String)
    /// No file: the content ends with its `Ledger`.
    case memory

    /// The location that a setting names; `:memory:` means no file.
    package init(_ path: String) {
        self = path == ":memory:" ? .memory : .file(path)
    }
}

extension DatabaseLocation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path): path
        case .memory: ":memory:"
        }
    }
}
