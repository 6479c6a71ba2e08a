/// The durable counts: rows, seen records and checkpoints of every feed.
///
/// When `commit` returns, the batch is durable; what was not committed was not counted. A second exporter on one ledger
/// is refused, or shares it by leases. After an error nothing has changed, or it is not known whether it has, and the
/// ledger remains usable: the next call succeeds once the cause is gone, and reads what is stored.
package protocol Ledger: Actor {
    /// Where the counts are stored.
    nonisolated var location: DatabaseLocation { get }

    /// What the operator should know, such as a file mode that was too open.
    nonisolated var warnings: [String] { get }

    /// The leases by which several replicas share the ledger; nil for a ledger of one process.
    nonisolated var leases: (any LeaseStore)? { get }

    /// The feeds for which something was committed, by appliance and name.
    func keys() async throws(LedgerError) -> [FeedKey]

    /// The checkpoint of a feed, or nil before its first commit.
    ///
    /// From then on, a feed that a `state` command renames or removes is refused, until this is called again.
    func checkpoint(_ key: FeedKey) async throws(LedgerError) -> FeedCheckpoint?

    /// The URLs of the appliances, by name, as `recordURL(_:of:)` stored them last.
    func urls() async throws(LedgerError) -> [String: String]

    /// Combines all numbers of a feed one by one, always in the same order.
    func reduce<Result: Sendable>(
        _ key: FeedKey, into initial: Result, _ onRow: @Sendable (inout Result, LedgerRow) -> Void
    ) async throws(LedgerError) -> Result

    /// For each record, whether it was never counted: none with its id is stored within `SeenRecord.tolerance` of it.
    func unseen(_ records: [SeenRecord], in key: FeedKey) async throws(LedgerError) -> [Bool]

    /// All records of a feed that were counted and are not forgotten yet, in no order.
    func seenRecords(_ key: FeedKey) async throws(LedgerError) -> [SeenRecord]

    /// Looks for damage in the background, so that it delays no commit.
    ///
    /// - Returns: What is wrong, one line each; empty if nothing is.
    nonisolated func verify() async throws(LedgerError) -> [String]

    /// Commits one response as a whole or not at all, and returns when it is durable.
    ///
    /// A seen record that is repeated, or stored already, is stored once. Of those that may be deleted, one commit
    /// deletes twice what it stores and 10 000 more, so that no commit takes long.
    func commit(_ batch: WriteBatch) async throws(LedgerError)

    /// Commits several responses, and the URLs of appliances, as a whole or not at all.
    func commit(_ batches: [WriteBatch], urls: [String: String]) async throws(LedgerError)

    /// Exposes the true value of held rows, and returns when that is durable; other keys are ignored.
    func release(_ keys: [RowKey], in key: FeedKey) async throws(LedgerError)

    /// Stores the URL of an appliance, by which it is recognised if two configuration files have its name.
    func recordURL(_ url: String, of appliance: String) async throws(LedgerError)

    /// Closes the ledger; every later call throws. A second close does nothing.
    ///
    /// - Throws: `LedgerError` if something is left to do for the next exporter. The ledger is closed all the same.
    func close() async throws(LedgerError)
}

extension Ledger {
    /// None, for a ledger whose lock ends with its process.
    package nonisolated var leases: (any LeaseStore)? { nil }

    /// All numbers of a feed, always in the same order.
    package func rows(_ key: FeedKey) async throws(LedgerError) -> [LedgerRow] {
        try await reduce(key, into: []) { rows, row in rows.append(row) }
    }
}
