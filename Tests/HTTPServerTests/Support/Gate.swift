import Dispatch
import Locking

/// Where a handler waits, and with it the server's thread, until a test lets it pass.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let waiting = Locked(false)

    var isWaitedAt: Bool { waiting.withLock { $0 } }

    /// Waits for `open`.
    func pass() {
        waiting.withLock { $0 = true }
        semaphore.wait()
    }

    func open() {
        waiting.withLock { $0 = false }
        semaphore.signal()
    }
}
