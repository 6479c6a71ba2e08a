import CSQLite
import Ledger

/// A compiled statement. When it goes out of scope, its connection keeps it for the next use of the same SQL.
///
/// The C type is `sqlite3_stmt`. It may outlive its connection: `sqlite3_close_v2` waits for it.
@safe
package struct Statement: ~Copyable {
    private let handle: OpaquePointer
    private let sql: String
    private let cache: StatementCache

    init(_ sql: String, on database: OpaquePointer, _ cache: StatementCache) throws(SQLiteError) {
        self.sql = sql
        self.cache = cache
        if let known = unsafe cache.take(sql) {
            unsafe handle = known
            return
        }
        var statement: OpaquePointer?
        let status = unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil)
        try unsafe SQLiteError.check(status, of: database)
        guard let statement = unsafe statement else {
            throw SQLiteError(code: ResultCode(rawValue: SQLITE_MISUSE), message: "no SQL in: \(sql)")
        }
        unsafe handle = statement
    }

    deinit { unsafe cache.keep(handle, sql) }

    /// Resets the statement and binds these values to `?1`, `?2`, …
    package borrowing func bind(_ values: [DatabaseValue]) throws(SQLiteError) {
        reset()
        for (offset, value) in values.enumerated() { try bind(value, at: Int32(offset + 1)) }
    }

    /// Ends the last run; the values stay bound.
    borrowing func reset() {
        // The code that it returns is the failure of the last run, which has been thrown already.
        _ = unsafe sqlite3_reset(handle)
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
        reset()
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
        withText(at: column) { $0.isEqual(to: text.utf8.span) } ? text : self.text(at: column)
    }

    /// Passes on the bytes of the column, from 0, as text; no bytes for null.
    borrowing func withText<Result>(at column: Int32, _ body: (Span<UInt8>) -> Result) -> Result {
        guard let bytes = unsafe sqlite3_column_text(handle, column) else { return body([UInt8]().span) }
        let count = unsafe sqlite3_column_bytes(handle, column)
        return body(unsafe UnsafeBufferPointer(start: bytes, count: Int(count)).span)
    }

    /// Whether the column, from 0, is null.
    package borrowing func isNull(at column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    /// Binds a value to `?INDEX`; the statement has to be reset.
    borrowing func bind(_ value: DatabaseValue, at index: Int32) throws(SQLiteError) {
        try check(status(of: value, at: index))
    }

    private borrowing func status(of value: DatabaseValue, at index: Int32) -> Int32 {
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
