import CSQLite
import Glibc
import Ledger

/// A failed call of SQLite: the code, SQLite's message, and the system's error if there was one.
package struct SQLiteError: Error, Equatable {
    package let code: ResultCode
    /// From `sqlite3_errmsg`; it may quote our SQL, never a bound value.
    package let message: String
    /// `errno` of the system call behind an I/O error or a file that cannot be opened, else 0.
    package let systemError: Int32

    package init(code: ResultCode, message: String, systemError: Int32 = 0) {
        self.code = code
        self.message = message
        self.systemError = systemError
    }

    /// The one place where a code of SQLite becomes an error.
    ///
    /// `SQLITE_OK`, `SQLITE_ROW` and `SQLITE_DONE` are returned; the message comes from `database`.
    @discardableResult
    static func check(_ status: Int32, of database: OpaquePointer?) throws(SQLiteError) -> ResultCode {
        let code = ResultCode(rawValue: status)
        switch code {
        case .ok, .row, .done: return code
        default:
            // Without a connection (out of memory while opening) there is no message either.
            guard let database = unsafe database else { throw SQLiteError(code: code, message: code.description) }
            throw unsafe SQLiteError(
                code: code, message: String(cString: sqlite3_errmsg(database)),
                systemError: sqlite3_system_errno(database))
        }
    }
}

/// A result code of SQLite, extended codes included.
///
/// A pattern with a primary code matches its extended ones as well: `case .busy` matches `SQLITE_BUSY_RECOVERY`.
/// The codes: <https://sqlite.org/rescode.html>.
package struct ResultCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let ok = ResultCode(rawValue: SQLITE_OK)
    package static let row = ResultCode(rawValue: SQLITE_ROW)
    package static let done = ResultCode(rawValue: SQLITE_DONE)
    package static let permission = ResultCode(rawValue: SQLITE_PERM)
    package static let busy = ResultCode(rawValue: SQLITE_BUSY)
    package static let locked = ResultCode(rawValue: SQLITE_LOCKED)
    package static let readOnly = ResultCode(rawValue: SQLITE_READONLY)
    package static let inputOutput = ResultCode(rawValue: SQLITE_IOERR)
    package static let corrupt = ResultCode(rawValue: SQLITE_CORRUPT)
    package static let full = ResultCode(rawValue: SQLITE_FULL)
    package static let cannotOpen = ResultCode(rawValue: SQLITE_CANTOPEN)
    package static let constraint = ResultCode(rawValue: SQLITE_CONSTRAINT)
    /// Not of SQLite: what is stored for one feed cannot be used.
    package static let damagedFeed = ResultCode(rawValue: SQLITE_CORRUPT | 255 << 8)
    package static let notFound = ResultCode(rawValue: SQLITE_NOTFOUND)
    package static let notDatabase = ResultCode(rawValue: SQLITE_NOTADB)
    /// `SQLITE_CONSTRAINT_COMMITHOOK`: a commit hook turned the commit into a rollback.
    package static let commitHook = ResultCode(rawValue: SQLITE_CONSTRAINT | 2 << 8)

    /// The code without its extension, in the lowest byte.
    package var primary: ResultCode { ResultCode(rawValue: rawValue & 0xff) }

    /// Whether `code` is `pattern`, or one of its extensions if `pattern` is a primary code.
    package static func ~= (pattern: ResultCode, code: ResultCode) -> Bool {
        pattern == code || pattern == code.primary
    }
}

extension ResultCode: CustomStringConvertible {
    /// SQLite's own text for the code and its number, from `sqlite3_errstr`.
    package var description: String {
        let words = unsafe sqlite3_errstr(rawValue).map { unsafe String(cString: $0) } ?? "unknown"
        return "\(words) (SQLite \(rawValue))"
    }
}

extension SQLiteError {
    /// The error of the ledger at `location` that this means.
    func ledgerError(at location: DatabaseLocation) -> LedgerError {
        let words = systemError == 0 ? "" : unsafe ": " + String(cString: strerror(systemError))
        return LedgerError(reason, location, "\(message), SQLite \(code.rawValue)\(words)")
    }

    private var reason: LedgerError.Reason {
        switch code {
        case .full: .full
        case .readOnly: .readOnly
        case .permission: .permission
        // SQLite reports a file system without locks as busy.
        case .busy where systemError == ENOLCK: .noLocks
        case .busy, .locked: .busy
        case .notDatabase: .notDatabase
        case .damagedFeed: .damagedFeed
        case .corrupt: .damaged
        case .notFound: .removed
        case .commitHook: .refused
        // SQLite calls a write that fails by ENOSPC full, but not every other call that does.
        case .inputOutput, .cannotOpen:
            LedgerError.Reason(systemError: systemError) ?? (code == .cannotOpen ? .unexpected : .inputOutput)
        default: .unexpected
        }
    }
}

extension LedgerError.Reason {
    /// The reason behind an `errno` of a file that is opened, created or written; nil if it has no reason of its own.
    init?(systemError: Int32) {
        switch systemError {
        case ENOSPC, EDQUOT: self = .full
        case EROFS: self = .readOnly
        case EACCES, EPERM: self = .permission
        case ENOENT, ENOTDIR: self = .directory
        case EISDIR: self = .notDatabase
        case ENOLCK: self = .noLocks
        case EIO: self = .inputOutput
        default: return nil
        }
    }
}
