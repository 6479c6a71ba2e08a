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
/// when no other thread runs. If the process has not ended within a second after a stop was requested, that thread ends
/// it; it waits up to five seconds for a disk.
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
        var isWriting: @Sendable () -> Bool = { false }
    }

    private final class Shared: Sendable {
        let state = Locked(State())
    }

    /// Leaves time for the last line of the log within a second.
    private static let timeToStop = Duration.milliseconds(650)
    /// Longer than a commit to a slow disk takes, shorter than service managers wait before they kill.
    private static let timeToWrite = Duration.milliseconds(4_500)
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
        var stopped: ContinuousClock.Instant?
        while true {
            let number: Int32
            if let stopped {
                let isWriting = shared.state.withLock(\.isWriting)
                guard let time = Self.timeLeft(sinceStop: .now - stopped, isWriting: isWriting) else { break }
                number = Self.nextSignal(in: set, within: time)
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
            if request == .stop && stopped == nil { stopped = .now }
        }
        onTimeout()
        _exit(shared.state.withLock(\.forcedStatus))
    }

    /// The next of these signals; negative if none comes in time.
    private static func nextSignal(in set: sigset_t, within time: Duration) -> Int32 {
        var set = set
        // Two words are a timespec. Whether its members are visible here depends on the order in which modules are loaded.
        let words = [Int(time.components.seconds), Int(time.components.attoseconds / 1_000_000_000)]
        return unsafe words.withUnsafeBytes { bytes in
            unsafe sigtimedwait(&set, nil, bytes.assumingMemoryBound(to: timespec.self).baseAddress)
        }
    }

    /// Sets the exit status if the process has to be ended because it did not stop in time; 1 unless set.
    package func setForcedStatus(_ status: Int32) { shared.state.withLock { $0.forcedStatus = status } }

    /// Sets how to find out that data is being written to a disk, for which a stop waits longer.
    package func setWriteCheck(_ isWriting: @escaping @Sendable () -> Bool) {
        shared.state.withLock { $0.isWriting = isWriting }
    }

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

    /// How long a process may still run that was asked to stop; nil when it must end.
    package static func timeLeft(sinceStop elapsed: Duration, isWriting: () -> Bool) -> Duration? {
        if elapsed < timeToStop { return timeToStop - elapsed }
        // To look again soon, so that the process ends together with the write.
        return elapsed < timeToWrite && isWriting() ? .milliseconds(50) : nil
    }
}

/// A signal came before the work was done.
struct InterruptedBySignal: Error, CustomStringConvertible {
    var description: String { "interrupted by a signal before all requests completed" }
}
