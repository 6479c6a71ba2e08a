import Synchronization

/// How many scrapes may be in flight at once, from the handler's entry to the last byte.
final class ScrapeLimit: Sendable {
    /// 0 is without limit.
    let limit: Int
    private let count = Atomic<Int>(0)

    init(_ limit: Int) { self.limit = limit }

    /// Takes a place; false when all are taken. Each place must be given back by `leave()`.
    func tryAcquire() -> Bool {
        let before = count.wrappingAdd(1, ordering: .relaxed).oldValue
        guard limit > 0, before >= limit else { return true }
        release()
        return false
    }

    /// Gives the place back.
    func release() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }
}
