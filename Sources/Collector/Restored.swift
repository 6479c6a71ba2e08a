import Locking

/// What the ledger held at the start, for those that go on from it: each takes its part, and nothing is left behind.
package final class Restored: Sendable {
    private let readings: Locked<[String: Reading]>

    init(_ readings: [String: Reading]) { self.readings = Locked(readings) }

    func take(_ appliance: String) -> Reading? {
        readings.withLock { $0.removeValue(forKey: appliance) }
    }
}
