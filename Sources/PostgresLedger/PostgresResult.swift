import CLibpq
import Glibc

/// The rows that a statement returned, in the binary format. The C type is `PGresult`.
@safe
struct PostgresResult: ~Copyable {
    private let handle: OpaquePointer
    private let libpq: Libpq

    init(_ handle: OpaquePointer, _ libpq: Libpq) {
        unsafe self.handle = unsafe handle
        self.libpq = libpq
    }

    deinit { unsafe libpq.functions.pointee.PQclear(handle) }

    /// The error that the server sent instead.
    var error: PostgresError? {
        switch unsafe libpq.functions.pointee.PQresultStatus(handle) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: nil
        default: PostgresError(.refused, sqlState: field("C"), field("M"))
        }
    }

    /// The number of rows.
    var count: Int { unsafe Int(libpq.functions.pointee.PQntuples(handle)) }

    /// How many rows a statement that returns none has changed.
    var changedRows: Int {
        unsafe libpq.functions.pointee.PQcmdTuples(handle).flatMap { unsafe Int(String(cString: $0)) } ?? 0
    }

    func isNull(_ row: Int, _ column: Int) -> Bool {
        unsafe libpq.functions.pointee.PQgetisnull(handle, Int32(row), Int32(column)) == 1
    }

    /// An integer of any width, or a truth value as 0 or 1.
    func integer(_ row: Int, _ column: Int) -> Int64 {
        var value: UInt64 = 0
        let bytes = bytes(row, column)
        for byte in bytes { value = value << 8 | UInt64(byte) }
        return bytes.count == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    func truth(_ row: Int, _ column: Int) -> Bool { integer(row, column) != 0 }

    func real(_ row: Int, _ column: Int) -> Double {
        Double(bitPattern: UInt64(bitPattern: integer(row, column)))
    }

    /// A text, or a `bytea` that holds one.
    func text(_ row: Int, _ column: Int) -> String { String(decoding: bytes(row, column), as: UTF8.self) }

    /// The elements of an array of texts, none of which is null; see `PostgresValue` for its format.
    func texts(_ row: Int, _ column: Int) -> [String] {
        var rest = bytes(row, column)[...]
        func integer() -> Int {
            defer { rest = rest.dropFirst(4) }
            return Int(rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
        }
        let dimensions = integer()
        // Whether it has nulls, and the type of its elements.
        rest = rest.dropFirst(8)
        guard dimensions == 1 else { return [] }
        let count = integer()
        rest = rest.dropFirst(4)
        return (0..<count).map { _ in
            let length = integer()
            defer { rest = rest.dropFirst(length) }
            return String(decoding: rest.prefix(length), as: UTF8.self)
        }
    }

    private func bytes(_ row: Int, _ column: Int) -> [UInt8] {
        let functions = unsafe libpq.functions.pointee
        guard let start = unsafe functions.PQgetvalue(handle, Int32(row), Int32(column)) else { return [] }
        let count = unsafe Int(functions.PQgetlength(handle, Int32(row), Int32(column)))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A field of an error: <https://www.postgresql.org/docs/current/protocol-error-fields.html>.
    private func field(_ code: UnicodeScalar) -> String {
        guard let text = unsafe libpq.functions.pointee.PQresultErrorField(handle, Int32(code.value)) else { return "" }
        return unsafe String(cString: text)
    }
}
