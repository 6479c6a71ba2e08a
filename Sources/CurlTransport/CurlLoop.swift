import CCurl
import Darktrace
import Glibc
import Locking
import Synchronization

/// The one thread on which all transfers of the process run.
///
/// The thread owns every handle of libcurl, so that none is ever shared. Others enqueue commands and wake it. It ends
/// when this object is deallocated; transfers that still run then end as cancelled.
package final class CurlLoop: Sendable {
    private let queue: CommandQueue

    /// Starts the thread.
    ///
    /// - Throws: `CurlLoopError` when the system has no thread, descriptor or memory left.
    package init() throws(CurlLoopError) {
        guard Self.isLibraryReady else { throw CurlLoopError("libcurl: initialization failed") }
        queue = try CommandQueue()
        let context = unsafe Unmanaged.passRetained(queue).toOpaque()
        var thread = pthread_t()
        // Signals are for the threads that wait for them; the resolver threads of libcurl inherit this mask.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        let status = unsafe pthread_create(&thread, nil, runLoop, context)
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard status == 0 else {
            unsafe Unmanaged<CommandQueue>.fromOpaque(context).release()
            throw CurlLoopError("no thread for the network: \(unsafe String(cString: strerror(status)))")
        }
        // It cannot be joined: the last reference may be released on the loop's own thread.
        pthread_detach(thread)
    }

    deinit { queue.close() }

    /// Ends every transfer as cancelled, at once; later ones end before they start.
    package func shutdown() { queue.close() }

    func enqueue(_ command: LoopCommand) { queue.enqueue(command) }

    private static let isLibraryReady: Bool = {
        // Each resolver thread of libcurl would otherwise leave an arena of the allocator behind: 1 MB in all.
        mallopt(M_ARENA_MAX, 2)
        return curl_global_init(Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32)) == CURLE_OK
    }()
}

private func runLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    let queue = unsafe Unmanaged<CommandQueue>.fromOpaque(context).takeRetainedValue()
    unsafe name_thread("curl")
    MultiDriver(queue).run()
    queue.failPending()
    return nil
}

/// Why the loop did not start, as one line.
package struct CurlLoopError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// A command of another thread to the loop.
enum LoopCommand: Sendable {
    case start(PendingTransfer)
    case cancel(CancellationToken)
    case forget(handleID: Int)
}

/// Commands for the loop. Enqueuing one wakes it.
@safe
final class CommandQueue: @unchecked Sendable {
    // Unchecked because of `multi`: only the loop's thread uses it, except for `curl_multi_wakeup`, which is
    // thread-safe by its documentation.
    private let state = Locked(State())
    /// libcurl's `CURLM *`; it lives as long as the queue, so that it can always be woken.
    let multi: UnsafeMutableRawPointer

    private struct State {
        var commands: [LoopCommand] = []
        var isClosed = false
    }

    init() throws(CurlLoopError) {
        guard let multi = unsafe curl_multi_init() else {
            throw CurlLoopError("libcurl: no memory or no descriptor for the network")
        }
        unsafe self.multi = multi
    }

    deinit { unsafe curl_multi_cleanup(multi) }

    /// Adds a command and wakes the loop; a transfer that comes after the end fails at once.
    func enqueue(_ command: LoopCommand) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.commands.append(command) }
            return state.isClosed
        }
        if isClosed { Self.fail([command]) } else { wakeup() }
    }

    /// Removes and returns all commands, in order; nil when the loop has to end.
    func drain() -> [LoopCommand]? {
        state.withLock { state in
            if state.isClosed { return nil }
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Rejects further commands and ends the loop.
    func close() {
        state.withLock { $0.isClosed = true }
        wakeup()
    }

    /// Fails the transfers that never started.
    func failPending() {
        let commands = state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
        Self.fail(commands)
    }

    private func wakeup() { unsafe curl_multi_wakeup(multi) }

    private static func fail(_ commands: [LoopCommand]) {
        for case .start(let transfer) in commands {
            let isCancelled = transfer.token.isCancelled.load(ordering: .acquiring)
            let failure = TransportError(isCancelled ? .cancelled : .unexpected, "the network loop has ended")
            transfer.continuation.resume(returning: TransportResult(failure: failure))
        }
    }
}
