import CSQLite
import Glibc

/// An open database, closed when it goes out of scope.
///
/// The C type is `sqlite3`. It is opened without SQLite's own mutex: its owner, an actor, ensures that only one thread
/// at a time uses it (<https://sqlite.org/threadsafe.html>, "multi-thread").
@safe
package struct Connection: ~Copyable {
    private let handle: OpaquePointer

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
        try execute("BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            let result = try body()
            try execute("COMMIT")
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

/// A compiled statement, finalised when it goes out of scope.
///
/// The C type is `sqlite3_stmt`. It may outlive its connection: `sqlite3_close_v2` waits for it.
@safe
package struct Statement: ~Copyable {
    private let handle: OpaquePointer

    init(_ sql: String, on database: OpaquePointer) throws(SQLiteError) {
        var statement: OpaquePointer?
        let status = unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil)
        try unsafe SQLiteError.check(status, of: database)
        guard let statement = unsafe statement else {
            throw SQLiteError(code: ResultCode(rawValue: SQLITE_MISUSE), message: "no SQL in: \(sql)")
        }
        unsafe handle = statement
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Resets the statement and binds these values to `?1`, `?2`, …
    package borrowing func bind(_ values: [DatabaseValue]) throws(SQLiteError) {
        // The code that `sqlite3_reset` returns is the failure of the last run, which has been thrown already.
        unsafe sqlite3_reset(handle)
        for (offset, value) in values.enumerated() {
            try check(bind(value, at: Int32(offset + 1)))
        }
    }

    /// Advances to the next row; false when there is none.
    package borrowing func step() throws(SQLiteError) -> Bool {
        try check(unsafe sqlite3_step(handle)) == .row
    }

    /// Runs the statement to its end with these values and ignores its rows.
    package borrowing func run(_ values: [DatabaseValue] = []) throws(SQLiteError) {
        try bind(values)
        try finish()
    }

    /// Runs the statement to its end and ignores the remaining rows.
    package borrowing func finish() throws(SQLiteError) {
        while try step() {}
        unsafe sqlite3_reset(handle)
    }

    /// The column, from 0, of the current row; SQLite's rules convert other types to an integer.
    package borrowing func integer(at column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    /// The column, from 0, as a floating-point number.
    package borrowing func real(at column: Int32) -> Double { unsafe sqlite3_column_double(handle, column) }

    /// The column, from 0, as text; bytes that are not UTF-8 are replaced.
    package borrowing func text(at column: Int32) -> String {
        // The pointer comes before the count, because reading it may convert the value.
        guard let bytes = unsafe sqlite3_column_text(handle, column) else { return "" }
        let count = unsafe sqlite3_column_bytes(handle, column)
        return unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// The column, from 0, as text; the given text where it is equal, so that a repeated text is allocated once.
    package borrowing func text(at column: Int32, reusing text: String) -> String {
        guard let bytes = unsafe sqlite3_column_text(handle, column) else { return "" }
        let count = unsafe sqlite3_column_bytes(handle, column)
        var known = text
        let isSame = known.withUTF8 { known in
            unsafe known.elementsEqual(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }
        return isSame ? known : self.text(at: column)
    }

    /// Whether the column, from 0, is null.
    package borrowing func isNull(at column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    private borrowing func bind(_ value: DatabaseValue, at index: Int32) -> Int32 {
        switch value {
        case .integer(let integer): return unsafe sqlite3_bind_int64(handle, index, integer)
        case .real(let real): return unsafe sqlite3_bind_double(handle, index, real)
        case .null: return unsafe sqlite3_bind_null(handle, index)
        case .text(var text):
            return text.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    // An empty text has no address, which SQLite reads as null.
                    guard let start = characters.baseAddress else {
                        return unsafe sqlite_bind_copied_text(handle, index, "", 0)
                    }
                    return unsafe sqlite_bind_copied_text(handle, index, start, UInt64(characters.count))
                }
            }
        }
    }

    @discardableResult
    private borrowing func check(_ status: Int32) throws(SQLiteError) -> ResultCode {
        try unsafe SQLiteError.check(status, of: sqlite3_db_handle(handle))
    }
}

/// A value on its way into a statement or out of a column.
package enum DatabaseValue: Sendable, Equatable {
    case integer(Int64)
    /// Never NaN: SQLite would store it as null.
    case real(Double)
    case text(String)
    case null

    /// 1 or 0: SQLite has no type for truth.
    package static func truth(_ isTrue: Bool) -> DatabaseValue { .integer(isTrue ? 1 : 0) }
}
