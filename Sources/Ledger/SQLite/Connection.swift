import CSQLite
import Glibc

/// An open database, closed when it goes out of scope.
///
/// It stands for `sqlite3`. It is opened without SQLite's own mutex: its owner, an actor, sees to it that only one
/// thread at a time uses it (<https://sqlite.org/threadsafe.html>, "multi-thread").
@safe
package struct Connection: ~Copyable {
    private let handle: OpaquePointer

    /// Opens an existing file for reading and writing; `:memory:` makes a database of its own.
    ///
    /// A path is never taken for a URI. SQLite opens lazily: most faults of a file show at the first statement.
    /// The corresponding C function is `sqlite3_open_v2`.
    package init(path: String) throws(SQLiteError) {
        var database: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = unsafe sqlite3_open_v2(path, &database, flags, nil)
        do throws(SQLiteError) {
            try unsafe SQLiteError.check(status, of: database)
        } catch {
            // Even a failed open gives a connection, for its message.
            unsafe sqlite3_close_v2(database)
            throw error
        }
        guard let database = unsafe database else {
            throw SQLiteError(code: ResultCode(rawValue: SQLITE_NOMEM), message: "out of memory")
        }
        unsafe handle = database
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    /// Runs one or several statements without values.
    package borrowing func execute(_ sql: String) throws(SQLiteError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Compiles one statement.
    package borrowing func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try unsafe Statement(sql, on: handle)
    }

    /// The first column of the first row, or nil without a row.
    package borrowing func integer(_ sql: String, _ values: [DatabaseValue] = []) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        try statement.bind(values)
        return try statement.step() ? statement.integer(at: 0) : nil
    }

    /// The first column of all rows.
    package borrowing func texts(_ sql: String) throws(SQLiteError) -> [String] {
        let statement = try prepare(sql)
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(at: 0)) }
        return texts
    }

    /// Runs `body` in one transaction that is there as a whole or not at all.
    ///
    /// The write lock is taken first, so that nothing fails halfway for want of it.
    package borrowing func transaction<Result>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try execute("BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // A full disk or an I/O error may have rolled back already, in which case this one fails: no matter.
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// Rows changed by the last statement. The corresponding C function is `sqlite3_changes64`.
    package var changedRows: Int { unsafe Int(sqlite3_changes64(handle)) }

    /// Whether SQLite fell back to reading only, because the file may not be written.
    package var isReadOnly: Bool { unsafe sqlite3_db_readonly(handle, "main") != 0 }

    /// Whether the file was deleted, renamed or replaced since it was opened.
    package var hasMoved: Bool {
        var moved: Int32 = 0
        let status = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
        return status == SQLITE_OK && moved != 0
    }

    /// Whether the log of changes was deleted under us: what is written to it then would be lost with this process.
    package var hasLostItsLog: Bool {
        guard let database = unsafe sqlite3_db_filename(handle, "main") else { return false }
        guard let log = unsafe sqlite3_filename_wal(database) else { return false }
        return unsafe access(log, F_OK) != 0
    }

    /// Sets a switch of <https://sqlite.org/c3ref/c_dbconfig_defensive.html>.
    borrowing func set(_ option: Int32, _ isOn: Bool) throws(SQLiteError) {
        try check(unsafe sqlite_set_option(handle, option, isOn ? 1 : 0))
    }

    /// Turns every commit into a rollback, or stops doing so. The corresponding C function is `sqlite3_commit_hook`.
    borrowing func refuseCommits(_ isRefusing: Bool) {
        _ = unsafe sqlite3_commit_hook(handle, isRefusing ? { _ in 1 } : nil, nil)
    }

    private borrowing func check(_ status: Int32) throws(SQLiteError) {
        try unsafe SQLiteError.check(status, of: handle)
    }
}
