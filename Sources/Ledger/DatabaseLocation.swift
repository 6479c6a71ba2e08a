/// Where a ledger is kept.
package enum DatabaseLocation: Sendable, Equatable {
    /// A file by its path, relative or absolute; beside it SQLite keeps one that ends in `-wal`.
    case file(String)
    /// Nowhere: it ends with its `Ledger`.
    case memory

    /// Takes a setting, in which `:memory:` means no file.
    package init(_ path: String) {
        self = path == ":memory:" ? .memory : .file(path)
    }
}

extension DatabaseLocation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path): path
        case .memory: ":memory:"
        }
    }
}
