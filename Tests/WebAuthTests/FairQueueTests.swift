import Testing

@testable import WebAuth

/// Whose turn it is, and who has to give way.
@Suite struct FairQueueTests {
    private final class Work {
        let name: String
        init(_ name: String) { self.name = name }
    }

    /// A queue of named work for addresses that are numbers.
    private final class WorkQueue {
        private var queue: FairQueue<Work>

        init(limit: Int = 100, limitPerClient: Int = 50) {
            queue = FairQueue(limit: limit, limitPerClient: limitPerClient)
        }

        /// Returns the name of what was dropped.
        @discardableResult func add(_ work: Work, _ client: UInt8) -> String? {
            queue.append(work, client: [client])?.name
        }

        @discardableResult func add(_ name: String, _ client: UInt8) -> String? { add(Work(name), client) }

        func renew(_ work: Work, _ client: UInt8) { queue.renew(work, client: [client]) }

        func next() -> String? { queue.popFirst()?.name }

        /// All that is left, in its order.
        func rest() -> [String] {
            var names: [String] = []
            while let name = next() { names.append(name) }
            return names
        }
    }

    @Test func `addresses take turns, and the newest of each comes first`() {
        let queue = WorkQueue()
        for name in ["a0", "a1", "a2", "a3"] { queue.add(name, 1) }
        queue.add("b0", 2)
        for name in ["c0", "c1"] { queue.add(name, 3) }
        #expect(queue.rest() == ["a3", "b0", "c1", "a2", "c0", "a1", "a0"])
        queue.add("d0", 4)
        #expect(queue.rest() == ["d0"])
    }

    @Test func `an address that was served waits for the others`() {
        let queue = WorkQueue()
        queue.add("a0", 1)
        queue.add("a1", 1)
        queue.add("b0", 2)
        #expect(queue.next() == "a1")
        queue.add("a2", 1)
        #expect(queue.rest() == ["b0", "a2", "a0"])
    }

    @Test func `a repeated request makes its work the newest`() {
        let queue = WorkQueue()
        let old = Work("old")
        queue.add(old, 1)
        queue.add("new", 1)
        queue.renew(old, 2)
        #expect(queue.next() == "new")
        queue.add("newer", 1)
        queue.renew(old, 1)
        #expect(queue.rest() == ["old", "newer"])
        queue.renew(old, 1)
        #expect(queue.rest() == [])
    }

    @Test func `an address with too much loses its oldest`() {
        let queue = WorkQueue(limitPerClient: 2)
        #expect(queue.add("a0", 1) == nil)
        #expect(queue.add("b0", 2) == nil)
        #expect(queue.add("a1", 1) == nil)
        #expect(queue.add("a2", 1) == "a0")
        #expect(queue.add("a3", 1) == "a1")
        #expect(queue.rest() == ["a3", "b0", "a2"])
    }

    @Test func `a full queue takes from the address that has most`() {
        let queue = WorkQueue(limit: 4, limitPerClient: 3)
        for name in ["a0", "a1", "a2"] { queue.add(name, 1) }
        #expect(queue.add("b0", 2) == nil)
        #expect(queue.add("c0", 3) == "a0")
        #expect(queue.add("d0", 4) == "a1")
        #expect(queue.rest() == ["a2", "b0", "c0", "d0"])
    }

    @Test func `a queue full of single requests drops one of them`() throws {
        let queue = WorkQueue(limit: 2)
        queue.add("a", 1)
        queue.add("b", 2)
        let dropped = try #require(queue.add("c", 3))
        #expect(Set(queue.rest() + [dropped]) == ["a", "b", "c"])
    }
}
