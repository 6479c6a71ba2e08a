import CSQLite
import Locking

/// Ends the statements of a connection from another thread.
final class Interruption: Sendable {
    private let isRequested = Locked(false)

    /// From now on every statement fails with `SQLITE_INTERRUPT`.
    func request() { isRequested.withLock { $0 = true } }

    fileprivate var wasRequested: Bool { isRequested.withLock { $0 } }
}

extension Connection {
    /// Lets an interruption end statements; it must live as long as they run.
    ///
    /// `sqlite3_interrupt` would need the connection on the other thread. The corresponding C function is
    /// `sqlite3_progress_handler`.
    borrowing func endStatements(by interruption: Interruption) {
        let instructions: Int32 = 10_000
        unsafe sqlite3_progress_handler(
            handle, instructions,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Interruption>.fromOpaque(context).takeUnretainedValue().wasRequested ? 1 : 0
            }, Unmanaged.passUnretained(interruption).toOpaque())
    }
}
