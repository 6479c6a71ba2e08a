import Locking

/// What the ledger held at the start, for those that go on from it: each takes its part, and nothing is left behind.
package final class InitialState: Sendable {
    private let readings: Locked<[String: LedgerSnapshot]>

    init(_ readings: [String: LedgerSnapshot]) { self.readings = Locked(readings) }

    func remove(_ appliance: String) -> LedgerSnapshot? {
        readings.withLock { $0.removeValue(forKey: appliance) }
    }
}
