/// Where a ledger is kept.
package enum DatabaseLocation: Sendable, Equatable {
    /// A file by its path, relative or absolute; next to it SQLite keeps one that ends in `-wal`.
    case file(String)
    /// No file: the content ends with its `Ledger`.
    case memory
    /// A database of a server, or the setting that should name one; a description without secrets.
    case database(String)

    /// The location that a setting names; `:memory:` means no file.
    package init(_ path: String) {
        self = path == ":memory:" ? .memory : .file(path)
    }
}

extension DatabaseLocation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path): path
        case .memory: ":memory:"
        case .database(let description): description
        }
    }
}
