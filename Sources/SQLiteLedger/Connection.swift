import CSQLite
import Glibc

/// An open database, closed when it goes out of scope.
///
/// The C type is `sqlite3`. It is opened without SQLite's own mutex: its owner, an actor, ensures that only one thread
/// at a time uses it (<https://sqlite.org/threadsafe.html>, "multi-thread").
@safe
package struct Connection: ~Copyable {
    let handle: OpaquePointer
    private let statements = StatementCache()

    /// Opens an existing file for reading and writing; `:memory:` creates a private database.
    ///
    /// A path is never read as a URI. SQLite opens lazily: most faults of a file show at the first statement.
    /// The corresponding C function is `sqlite3_open_v2`.
    package init(path: String) throws(SQLiteError) {
        var database: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = unsafe sqlite3_open_v2(path, &database, flags, nil)
        do throws(SQLiteError) {
            try unsafe SQLiteError.check(status, of: database)
        } catch {
            // Even a failed open returns a connection, which has the message.
            unsafe sqlite3_close_v2(database)
            throw error
        }
        guard let database = unsafe database else {
            throw SQLiteError(code: ResultCode(rawValue: SQLITE_NOMEM), message: "out of memory")
        }
        unsafe handle = database
    }

    deinit {
        statements.close()
        unsafe sqlite3_close_v2(handle)
    }

    /// Runs one or several statements without values.
    package borrowing func execute(_ sql: String) throws(SQLiteError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Compiles one statement, unless it was compiled before.
    package borrowing func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try unsafe Statement(sql, on: handle, statements)
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

    /// The first column of all rows.
    package borrowing func integers(
        _ sql: String, _ values: [DatabaseValue] = []
    ) throws(SQLiteError) -> [Int64] {
        let statement = try prepare(sql)
        try statement.bind(values)
        var integers: [Int64] = []
        while try statement.step() { integers.append(statement.integer(at: 0)) }
        return integers
    }

    /// Runs `body` in one transaction, which is committed as a whole or not at all.
    ///
    /// The write lock is acquired first, so that no statement fails halfway because of it.
    package borrowing func transaction<Result>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try transaction("BEGIN IMMEDIATE", body)
    }

    /// Runs `body`, which only reads: it locks the file once, and not for each statement.
    package borrowing func reading<Result>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try transaction("BEGIN", body)
    }

    private borrowing func transaction<Result>(
        _ begin: String, _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try prepare(begin).run()
        do throws(SQLiteError) {
            let result = try body()
            try prepare("COMMIT").run()
            return result
        } catch {
            // This fails, harmlessly, if a full disk or an I/O error has rolled back already.
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

    /// Whether the write-ahead log was deleted while open: what is written to it then is lost with this process.
    package var hasLostLog: Bool {
        guard let database = unsafe sqlite3_db_filename(handle, "main") else { return false }
        guard let log = unsafe sqlite3_filename_wal(database) else { return false }
        return unsafe access(log, F_OK) != 0
    }

    /// Sets a switch of <https://sqlite.org/c3ref/c_dbconfig_defensive.html>.
    borrowing func set(_ option: Int32, _ isOn: Bool) throws(SQLiteError) {
        try check(unsafe sqlite_set_option(handle, option, isOn ? 1 : 0))
    }

    /// Makes SQLite turn every commit into a rollback, or stops doing so.
    ///
    /// The corresponding C function is `sqlite3_commit_hook`.
    package borrowing func setCommitHook(rollsBack: Bool) {
        _ = unsafe sqlite3_commit_hook(handle, rollsBack ? { _ in 1 } : nil, nil)
    }

    private borrowing func check(_ status: Int32) throws(SQLiteError) {
        try unsafe SQLiteError.check(status, of: handle)
    }
}
