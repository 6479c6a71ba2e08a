/// Why the ledger could not be opened, read or written; `description` is one line that names the file and what to do.
package struct LedgerError: Error, Sendable, Equatable {
    package let reason: Reason
    /// The file, or `:memory:`.
    package let location: DatabaseLocation
    /// SQLite's or the system's words, or empty.
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
        /// The user that runs this may not open, create or write it.
        case permission
        /// The directory is not there.
        case directory
        /// The file was deleted, renamed or replaced while it was open.
        case moved
        /// A log of changes is there, but not the file it belongs to.
        case orphanedLog
        /// Another process, or another ledger of this one, has it open.
        case busy
        /// Its schema is of a version that this program does not know.
        case newer
        /// A database, but not a ledger.
        case foreign
        /// No database at all, an empty file included.
        case notDatabase
        /// A ledger whose content is broken.
        case damaged
        /// The system could not read or write.
        case inputOutput
        /// `Ledger.close()` came first.
        case closed
        /// A test had commits refused.
        case refused
        /// A posting with a number that no counter can take.
        case posting
        /// Anything else.
        case unexpected

        /// What is wrong, and what to do.
        var advice: String {
            switch self {
            case .full: "no space left on the device: make room; counting then goes on where it stopped"
            case .readOnly: "the file or its directory is read-only: make both writable, or set another --state.path"
            case .permission: "permission denied: give the user that runs the exporter the file and its directory"
            case .directory: "the directory does not exist: create it, or set another --state.path"
            case .moved: "the file was deleted, moved or replaced while in use: put it back, or restart the exporter"
            case .orphanedLog:
                "the file is gone but its -wal or -journal is there: restore the file, or move them away to start anew"
            case .busy: "another exporter is using it (or a database tool has it open): stop that one first"
            case .newer: "written by a newer version: run that version, or set another --state.path"
            case .foreign: "a database, but not a ledger of this exporter; left as it is: set another --state.path"
            case .notDatabase: "not a ledger; left as it is: restore it, or move it away to start anew"
            case .damaged: "the ledger is damaged; left as it is: restore a copy, or move it away to start anew"
            case .inputOutput: "reading or writing failed: check the device"
            case .closed: "the ledger is closed"
            case .refused: "the commit was refused"
            case .posting: "a change that no counter can take; this is a fault of the exporter, please report it"
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
