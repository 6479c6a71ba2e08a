import Ledger

/// The disabled appliances of this replica's configuration; it exposes those of which it is the owner.
///
/// Nothing is counted for them, so they need no lease: all replicas compute the owner from the same list. A new owner waits
/// until the former one has seen the list too. Two replicas may still expose the same appliance for a few seconds: after
/// one of them was suspended, or when another one has enabled it.
struct DisabledAppliances {
    private let table: LeaseTable
    private(set) var names: Set<String> = []
    /// Since when this replica is the owner of an appliance.
    private var ownedSince: [String: MonotonicInstant] = [:]
    /// Until when the other replicas take this one for alive; nil before the first renewal.
    private var end: MonotonicInstant?

    /// Longer than two looks at the list.
    private static let delay = Duration.seconds(3)

    /// - Parameter table: Of all exposed appliances; those with a lease are left alone.
    init(_ table: LeaseTable) { self.table = table }

    /// Replaces the disabled appliances.
    mutating func configure(_ names: Set<String>) {
        for name in self.names.subtracting(names) { hide(name) }
        self.names = names
    }

    /// Exposes them until then, after a renewal.
    mutating func renewed(until end: MonotonicInstant) {
        self.end = end
        for name in ownedSince.keys { table.extend(name, until: end) }
    }

    /// Exposes these, of which this replica is the owner, and no others.
    mutating func expose(_ owned: Set<String>, at now: MonotonicInstant) {
        guard let end else { return }
        for name in names.subtracting(owned) { hide(name) }
        for name in owned where table.epoch(of: name) == nil {
            let since = ownedSince[name] ?? now
            ownedSince[name] = since
            if now - since >= Self.delay { table.expose(name, until: end) }
        }
    }

    private mutating func hide(_ name: String) {
        guard ownedSince.removeValue(forKey: name) != nil else { return }
        if table.epoch(of: name) == nil { table.remove(name) }
    }
}
