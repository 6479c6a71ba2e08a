/// What the `state` commands see and change of a ledger, also while an exporter uses it.
///
/// Each change is one transaction, so a process that is killed leaves it done or not begun.
package protocol StoredCounts: ~Copyable {
    /// Where the counts are stored.
    var location: DatabaseLocation { get }

    /// Whether an exporter uses them.
    func isInUse() throws(LedgerError) -> Bool

    /// The replicas that poll them now, by appliance; nil for counts that one exporter uses alone.
    func holders() throws(LedgerError) -> [String: String]?

    /// The size of the content in bytes.
    func bytes() throws(LedgerError) -> Int64

    /// What is stored, by appliance and feed, in the order of their names.
    func appliances() throws(LedgerError) -> [StoredAppliance]

    /// What is wrong with the content, one line each; empty if nothing is.
    func findings() throws(LedgerError) -> [String]

    /// Lets the counts of an appliance continue under another name.
    ///
    /// - Throws: `LedgerError` with `.unknownAppliance`, `.nameTaken`, `.leased` if an exporter polls one of them, or
    ///   `.damagedFeed` if its content is damaged.
    func rename(_ appliance: String, to name: String) throws(LedgerError)

    /// Removes everything that is stored for an appliance.
    ///
    /// - Throws: `LedgerError` with `.unknownAppliance`, or `.leased` if an exporter polls it.
    func forget(_ appliance: String) throws(LedgerError)
}

extension StoredCounts where Self: ~Copyable {
    package func holders() throws(LedgerError) -> [String: String]? { nil }
}
