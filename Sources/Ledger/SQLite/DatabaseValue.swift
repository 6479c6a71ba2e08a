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
