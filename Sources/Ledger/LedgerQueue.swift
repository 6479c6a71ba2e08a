@unsafe @preconcurrency import Dispatch

/// The executor of a ledger in the real program: a queue of its own.
///
/// A sync that takes a second, or a disk that hangs, then holds up nobody who does not wait for the ledger. On the
/// cooperative pool it stalled everything for 1.4 s when tried, on a queue 12 ms.
package final class LedgerQueue: SerialExecutor {
    private let queue: DispatchQueue

    /// Makes a queue that shows by this name in a debugger.
    package init(label: String = "ledger") {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
