import CSQLite

/// A compiled statement, finalised when it goes out of scope.
///
/// It stands for `sqlite3_stmt`. It may outlive its connection: that one is closed by `sqlite3_close_v2`, which waits.
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

    /// Starts over with these values for `?1`, `?2`, …
    package borrowing func bind(_ values: [DatabaseValue]) throws(SQLiteError) {
        // The code that `sqlite3_reset` returns is the failure of the last run, which has been thrown already.
        unsafe sqlite3_reset(handle)
        for (offset, value) in values.enumerated() {
            try check(bind(value, at: Int32(offset + 1)))
        }
    }

    /// Goes to the next row; false when there is none.
    package borrowing func step() throws(SQLiteError) -> Bool {
        try check(unsafe sqlite3_step(handle)) == .row
    }

    /// Runs the statement to its end with these values, for what it does and not for what it returns.
    package borrowing func run(_ values: [DatabaseValue] = []) throws(SQLiteError) {
        try bind(values)
        while try step() {}
        unsafe sqlite3_reset(handle)
    }

    /// The column, from 0, of the row that `step` went to; what is no integer reads as one by SQLite's rules.
    package borrowing func integer(at column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    /// The column, from 0, as a floating-point number.
    package borrowing func real(at column: Int32) -> Double { unsafe sqlite3_column_double(handle, column) }

    /// The column, from 0, as text; bytes that are no UTF-8 are replaced.
    package borrowing func text(at column: Int32) -> String {
        // The pointer has to be asked for before the count: it may convert the value.
        guard let bytes = unsafe sqlite3_column_text(handle, column) else { return "" }
        let count = unsafe sqlite3_column_bytes(handle, column)
        return unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// The column, from 0, as text; the given text where it is the same, so that one that repeats is made once.
    package borrowing func text(at column: Int32, orSame text: String) -> String {
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
                    // An empty text has no address, and SQLite takes that for null.
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
