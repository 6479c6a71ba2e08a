import CSQLite

/// A call of SQLite that failed: the code, SQLite's message, and the system's error if there was one.
package struct SQLiteError: Error, Equatable {
    package let code: ResultCode
    /// From `sqlite3_errmsg`; it may quote SQL of ours, never a bound value.
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
    /// `SQLITE_OK`, `SQLITE_ROW` and `SQLITE_DONE` are returned; `database` is asked for its message.
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
