import Ledger
import Locking

/// The leases that this replica holds, and until when it may act on each: scrapes ask it which appliances to expose.
///
/// Disabled appliances are in it without a lease.
package final class LeaseTable: Sendable {
    private let state = Locked(State())

    private struct State {
        var entries: [String: Entry] = [:]
        var revision: UInt64 = 0
        /// Before the first end of an exposed lease; renewals make it too early, never too late.
        var earliestEnd = MonotonicInstant.distantFuture

        /// Ends the exposition of the appliances whose lease is over.
        mutating func expire(at now: MonotonicInstant) {
            guard now >= earliestEnd else { return }
            for (name, entry) in entries where entry.isExposed && entry.end <= now { hide(name) }
            earliestEnd = entries.values.lazy.filter(\.isExposed).map(\.end).min() ?? .distantFuture
        }

        mutating func hide(_ name: String) {
            guard entries[name]?.isExposed == true else { return }
            entries[name]?.isExposed = false
            revision += 1
        }
    }

    private struct Entry {
        /// Nil for a disabled appliance, which has no lease.
        var epoch: Int64?
        var end: MonotonicInstant
        /// False until the counts are read, and again when the lease is over or about to be given back.
        var isExposed = false
    }

    /// Holds nothing.
    package init() {}

    // MARK: Scrapes

    /// Identifies the set of exposed appliances at an instant of `Clocks.monotonicNanoseconds`; it changes whenever one
    /// joins or leaves the set. Cheap unless a lease has ended.
    package func revision(atNanoseconds now: Int64) -> UInt64 {
        state.withLock { state in
            state.expire(at: MonotonicInstant(nanoseconds: now))
            return state.revision
        }
    }

    /// The exposed appliances, as of the last `revision(atNanoseconds:)`.
    package var exposed: Set<String> {
        state.withLock { Set($0.entries.lazy.filter(\.value.isExposed).map(\.key)) }
    }

    /// Whether the appliance is exposed, as of the last `revision(atNanoseconds:)`.
    package func isExposed(_ appliance: String) -> Bool { state.withLock { $0.entries[appliance]?.isExposed == true } }

    /// The epoch of the lease of an appliance; nil if it is not held.
    package func epoch(of appliance: String) -> Int64? { state.withLock { $0.entries[appliance]?.epoch } }

    /// How many leases are held.
    package var count: Int { state.withLock { $0.entries.count { $0.value.epoch != nil } } }

    // MARK: Changes by the manager

    /// Adds a lease; the appliance is exposed after `expose`.
    func hold(_ lease: Lease, until end: MonotonicInstant) {
        state.withLock { $0.entries[lease.appliance] = Entry(epoch: lease.epoch, end: end) }
    }

    /// Moves the end of a lease that is held.
    func extend(_ lease: Lease, until end: MonotonicInstant) {
        state.withLock { $0.entries[lease.appliance]?.end = end }
    }

    /// Exposes a disabled appliance, which has no lease.
    func expose(_ appliance: String, until end: MonotonicInstant) {
        state.withLock { state in
            guard state.entries[appliance] == nil else { return }
            state.entries[appliance] = Entry(epoch: nil, end: end)
        }
        expose(appliance)
    }

    /// Moves the end of an appliance that is exposed without a lease.
    func extend(_ appliance: String, until end: MonotonicInstant) {
        state.withLock { state in
            guard state.entries[appliance]?.epoch == nil else { return }
            state.entries[appliance]?.end = end
        }
    }

    /// Exposes an appliance whose counts are published.
    func expose(_ appliance: String) {
        state.withLock { state in
            guard let entry = state.entries[appliance], !entry.isExposed else { return }
            state.entries[appliance]?.isExposed = true
            state.earliestEnd = min(state.earliestEnd, entry.end)
            state.revision += 1
        }
    }

    /// Forgets a lease.
    func remove(_ appliance: String) {
        state.withLock { state in
            state.hide(appliance)
            state.entries[appliance] = nil
        }
    }

    /// When the lease of an appliance ends; nil if it is not held.
    func end(of appliance: String) -> MonotonicInstant? { state.withLock { $0.entries[appliance]?.end } }
}
