import CSQLite

/// The compiled statements of a connection that are not in use.
///
/// Every commit needs the same few, and compiling one takes longer than running it.
@safe
final class StatementCache {
    private var idle: [String: OpaquePointer] = unsafe [:]
    private var isClosed = false

    /// More than there are: a statement beyond it is compiled each time.
    private static let limit = 64

    /// Hands out a statement that is reset and has no values; nil if it is unknown or in use.
    func take(_ sql: String) -> OpaquePointer? { unsafe idle.removeValue(forKey: sql) }

    /// Takes a statement back, or finalises it where it cannot be kept.
    func keep(_ statement: OpaquePointer, _ sql: String) {
        guard !isClosed, unsafe idle[sql] == nil, unsafe idle.count < Self.limit else {
            unsafe sqlite3_finalize(statement)
            return
        }
        // A statement that is not reset keeps its transaction open. The code is the failure of the last run, which has
        // been thrown already.
        unsafe sqlite3_reset(statement)
        unsafe sqlite3_clear_bindings(statement)
        unsafe idle[sql] = statement
    }

    /// The connection closes: what is in use is finalised by its owner.
    func close() {
        isClosed = true
        while let statement = unsafe idle.popFirst()?.value { unsafe sqlite3_finalize(statement) }
    }
}
