import Ledger
import SQLiteLedger
import TestSupport
import Testing

/// The executor of a ledger in the program.
@Suite struct LedgerQueueTests {
    @Test func `the queue is busy while the ledger works, and only then`() async throws {
        let queue = LedgerQueue()
        let ledger = try SQLiteLedger(.memory, executor: queue)
        #expect(!queue.isBusy)
        #expect(await ledger.seesBusy(queue))
        #expect(try await eventually { !queue.isBusy })
    }
}

extension SQLiteLedger {
    /// Whether the queue is busy, as work of the ledger sees it.
    fileprivate func seesBusy(_ queue: LedgerQueue) -> Bool {
        queue.checkIsolated()
        return queue.isBusy
    }
}
