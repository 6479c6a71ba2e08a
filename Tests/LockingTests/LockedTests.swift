import Locking
import Testing

@Suite struct LockedTests {
    @Test func `additions from many tasks are all kept`() async {
        let total = Shared()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 { total.add() }
                }
            }
        }
        #expect(total.count == 8_000)
    }

    @Test func `an error leaves the lock free`() {
        struct Refused: Error {}
        let value = Locked(1)
        #expect(throws: Refused.self) {
            try value.withLock { (_: inout Int) throws(Refused) in throw Refused() }
        }
        #expect(value.withLock { $0 } == 1)
    }
}

private final class Shared: Sendable {
    private let total = Locked(0)

    var count: Int { total.withLock { $0 } }

    func add() { total.withLock { $0 += 1 } }
}
