import Locking

/// A value that a handler passes to a test.
final class Flag: Sendable {
    private let facts = Locked<[Bool]>([])

    /// Nil until it is set.
    var value: Bool? { facts.withLock { $0.last } }
    /// How often it was set.
    var count: Int { facts.withLock { $0.count } }

    func raise(_ value: Bool = true) { facts.withLock { $0.append(value) } }
}
