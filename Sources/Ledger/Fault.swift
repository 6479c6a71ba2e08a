/// What a test can do to a ledger; nothing else uses it.
package enum Fault: Sendable, Equatable {
    /// Every commit turns into a rollback at its last moment.
    case refusedCommits
    /// The file cannot grow: what fits into its free pages is written, the rest fails as on a full disk.
    case fullDisk
}
