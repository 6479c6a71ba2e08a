import Glibc

extension SQLiteError {
    /// The failure in the ledger's terms, about the file at `location`.
    func ledgerError(at location: DatabaseLocation) -> LedgerError {
        let words = systemError == 0 ? "" : unsafe ": " + String(cString: strerror(systemError))
        return LedgerError(reason, location, "\(message), SQLite \(code.rawValue)\(words)")
    }

    private var reason: LedgerError.Reason {
        switch code {
        case .full: .full
        case .readOnly: .readOnly
        case .permission: .permission
        case .busy, .locked: .busy
        case .notDatabase: .notDatabase
        case .corrupt: .damaged
        case .commitHook: .refused
        // SQLite calls a write that fails by ENOSPC full, but not every other call that does.
        case .inputOutput, .cannotOpen:
            LedgerError.Reason(systemError: systemError) ?? (code == .cannotOpen ? .unexpected : .inputOutput)
        default: .unexpected
        }
    }
}

extension LedgerError.Reason {
    /// The reason behind an `errno` of a file that is opened, made or written; nil if it says nothing special.
    init?(systemError: Int32) {
        switch systemError {
        case ENOSPC, EDQUOT: self = .full
        case EROFS: self = .readOnly
        case EACCES, EPERM: self = .permission
        case ENOENT, ENOTDIR: self = .directory
        case EISDIR: self = .notDatabase
        case EIO: self = .inputOutput
        default: return nil
        }
    }
}
