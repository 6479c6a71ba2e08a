import CCurl
import Darktrace
import Glibc
import Locking
import Synchronization

/// Messages for the loop, and the bell that wakes it.
final class CommandQueue: Sendable {
    private let state: Locked<State>
    /// An `eventfd` that the loop polls beside its sockets.
    let wakeup: Int32

    private struct State {
        var messages: [LoopCommand] = []
        var isClosed = false
        var reason = "the network loop has ended"
    }

    init() throws(CurlLoopError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        state = Locked(State())
        guard wakeup >= 0 else {
            throw CurlLoopError("no descriptor for the network: \(unsafe String(cString: strerror(errno)))")
        }
    }

    deinit {
        if wakeup >= 0 { Glibc.close(wakeup) }
    }

    /// Leaves a message and wakes the loop; an exchange that comes after the end ends at once.
    func enqueue(_ message: LoopCommand) {
        let reason: String? = state.withLock { state in
            if state.isClosed { return state.reason }
            state.messages.append(message)
            return nil
        }
        if let reason { Self.refuse([message], reason) } else { ring() }
    }

    /// All messages since the last call, in order; nil when the loop has to end.
    func drain() -> [LoopCommand]? {
        var count: UInt64 = 0
        unsafe read(wakeup, &count, 8)
        return state.withLock { state in
            if state.isClosed { return nil }
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Takes no more messages, and makes the loop end.
    func close(because reason: String? = nil) {
        state.withLock { state in
            state.isClosed = true
            if let reason { state.reason = reason }
        }
        ring()
    }

    /// Ends what was posted and never begun.
    func failPending() {
        let (messages, reason) = state.withLock { state in
            defer { state.messages = [] }
            return (state.messages, state.reason)
        }
        Self.refuse(messages, reason)
    }

    private func ring() {
        var one: UInt64 = 1
        unsafe write(wakeup, &one, 8)
    }

    private static func refuse(_ messages: [LoopCommand], _ reason: String) {
        for case .start(let job) in messages {
            let isCancelled = job.ticket.isCancelled.load(ordering: .acquiring)
            let failure = TransportError(isCancelled ? .cancelled : .unexpected, reason)
            job.continuation.resume(returning: TransportResult(failure: failure))
        }
    }
}
