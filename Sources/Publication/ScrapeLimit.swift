import Synchronization

/// How many scrapes may be in flight at once, from the handler's entry to the last byte.
final class ScrapeLimit: Sendable {
    /// 0 is without limit.
    let limit: Int
    private let count = Atomic<Int>(0)

    init(_ limit: Int) { self.limit = limit }

    /// Takes a place; false when all are taken. Each place must be given back by `leave()`.
    func enter() -> Bool {
        let before = count.wrappingAdd(1, ordering: .relaxed).oldValue
        guard limit > 0, before >= limit else { return true }
        leave()
        return false
    }

    /// Gives the place back.
    func leave() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }
}
