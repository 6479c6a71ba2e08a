import Locking

/// A fact that a handler tells a test.
final class Flag: Sendable {
    private let facts = Locked<[Bool]>([])

    /// Nil until it is told.
    var value: Bool? { facts.withLock { $0.last } }
    /// How often it was told.
    var count: Int { facts.withLock { $0.count } }

    func raise(_ value: Bool = true) { facts.withLock { $0.append(value) } }
}
