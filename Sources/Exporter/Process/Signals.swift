import Glibc
import Locking

/// What the operator or the service manager requests by a signal.
package enum SignalRequest: Sendable, Equatable {
    /// SIGTERM or SIGINT.
    case stop
    /// SIGHUP.
    case reload
}

/// The signals of the process as values.
///
/// The main thread waits for them and does nothing else, so that they are handled in every state of the process, even
/// when no other thread runs. If the process has not ended some seconds after a stop was requested, that thread ends it.
package final class Signals: Sendable {
    /// Requests for one reader: a stop before a reload, and many reloads as one.
    package let requests: AsyncStream<SignalRequest>
    private let shared = Shared()
    private let wakeup: AsyncStream<Void>.Continuation

    /// What happens on SIGTERM and SIGINT.
    private enum StopMode {
        /// The reader of `requests` ends the process.
        case request
        /// The signal ends the process at once, with the default action.
        case defaultAction
    }

    private struct State {
        var pending: Set<SignalRequest> = []
        var stopMode = StopMode.request
        var forcedStatus: Int32 = 1
    }

    private final class Shared: Sendable {
        let state = Locked(State())
    }

    /// Longer than a commit to a slow disk may take, shorter than service managers wait before they kill.
    private static let secondsToStop = 4
    private static let handled = [SIGTERM, SIGINT, SIGHUP]

    /// Blocks SIGTERM, SIGINT and SIGHUP for this thread and all that it starts, and ignores SIGPIPE.
    ///
    /// Call it on the main thread before any other thread exists; `wait` receives the signals.
    package init() {
        let (wakeups, wakeup) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wakeup = wakeup
        requests = AsyncStream { [shared] in
            for await _ in wakeups {
                let next = shared.state.withLock { state in
                    state.pending.contains(.stop) ? .stop : state.pending.remove(.reload)
                }
                if let next { return next }
            }
            return nil
        }
        signal(SIGPIPE, SIG_IGN)
        var set = Self.handledSet
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Receives signals until the process ends.
    ///
    /// - Parameter onTimeout: called before the process is ended because it did not stop in time.
    package func wait(onTimeout: () -> Void) -> Never {
        var set = Self.handledSet
        var deadline: timespec?
        while true {
            let number: Int32
            if let deadline {
                guard var left = Self.timeLeft(until: deadline) else { break }
                number = unsafe sigtimedwait(&set, nil, &left)
            } else {
                number = unsafe sigwaitinfo(&set, nil)
            }
            guard number > 0 else { continue }
            let mode = shared.state.withLock(\.stopMode)
            if mode == .defaultAction && number != SIGHUP {
                signal(number, SIG_DFL)
                var set = Self.handledSet
                unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
                raise(number)
            }
            let request: SignalRequest = number == SIGHUP ? .reload : .stop
            shared.state.withLock { _ = $0.pending.insert(request) }
            wakeup.yield()
            if request == .stop && deadline == nil { deadline = Self.now(adding: Self.secondsToStop) }
        }
        onTimeout()
        _exit(shared.state.withLock(\.forcedStatus))
    }

    /// Sets the exit status if the process has to be ended because it did not stop in time; 1 unless set.
    package func setForcedStatus(_ status: Int32) { shared.state.withLock { $0.forcedStatus = status } }

    /// Lets SIGTERM and SIGINT end the process at once from now on: before a write that may block forever.
    package func restoreDefaultActions() { shared.state.withLock { $0.stopMode = .defaultAction } }

    /// Runs work and cancels it when a signal requests a stop; SIGHUP is ignored.
    ///
    /// - Throws: `InterruptedBySignal` after a signal, or what the work throws.
    package func cancelOnStop<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask { [requests] in
                for await request in requests where request == .stop { break }
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw InterruptedBySignal() }
            return value
        }
    }

    private static var handledSet: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in handled { unsafe sigaddset(&set, number) }
        return set
    }

    private static func now(adding seconds: Int) -> timespec {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        time.tv_sec += seconds
        return time
    }

    private static func timeLeft(until deadline: timespec) -> timespec? {
        let now = now(adding: 0)
        let left = (deadline.tv_sec - now.tv_sec) * 1_000_000_000 + deadline.tv_nsec - now.tv_nsec
        return left > 0 ? timespec(tv_sec: left / 1_000_000_000, tv_nsec: left % 1_000_000_000) : nil
    }
}

/// A signal came before the work was done.
struct InterruptedBySignal: Error, CustomStringConvertible {
    var description: String { "interrupted by a signal before all requests completed" }
}
