import Ledger

/// The disabled appliances of this replica's configuration, of which it exposes those that no other replica should.
///
/// Nothing is counted for them, so they need no lease: all replicas compute who exposes which one from the same list. One
/// that is chosen waits until the former one has seen the same list. Two may still expose the same constant series for a
/// few seconds, when one of them was suspended.
struct DisabledAppliances {
    private let table: LeaseTable
    private(set) var names: Set<String> = []
    /// Since when this replica is chosen for an appliance.
    private var chosenSince: [String: MonotonicInstant] = [:]
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

    /// Notes until when the other replicas take this one for alive.
    mutating func renewed(until end: MonotonicInstant) {
        self.end = end
        for name in chosenSince.keys { table.extend(name, until: end) }
    }

    /// Exposes these, of which this replica is the owner, and no others.
    mutating func expose(_ owned: Set<String>, at now: MonotonicInstant) {
        guard let end else { return }
        for name in names.subtracting(owned) { hide(name) }
        for name in owned where table.epoch(of: name) == nil {
            let since = chosenSince[name] ?? now
            chosenSince[name] = since
            if now - since >= Self.delay { table.expose(name, until: end) }
        }
    }

    private mutating func hide(_ name: String) {
        guard chosenSince.removeValue(forKey: name) != nil else { return }
        if table.epoch(of: name) == nil { table.remove(name) }
    }
}
