import Glibc
import Locking
import Synchronization

/// Keeps every connection's total deadline, and wakes paused answers: one thread, parked while there is nothing to do.
///
/// libmicrohttpd's own timeout is for inactivity only, and does not see a client that sends a byte now and then.
final class TimeoutMonitor: Sendable {
    private let deadlines: Timeouts
    private let limit: Int
    private let table = Locked(ConnectionTable())
    private let bell: EventFD
    private let allClosed: EventFD
    /// When the thread looks next by itself. It is `.max` while the thread reads the deadlines, so that whoever sets
    /// one meanwhile rings; both sides are sequentially consistent, so one of them sees the other.
    private let nextWake = Atomic<Nanoseconds>(.max)

    init(deadlines: Timeouts, limit: Int) throws(ServerError) {
        self.deadlines = deadlines
        self.limit = limit
        bell = try EventFD()
        allClosed = try EventFD()
    }

    // MARK: What happens to a connection, on libmicrohttpd's threads

    func connectionOpened(descriptor: Int32, isLoopbackPeer: Bool, credentials: TLSCredentials?) -> HTTPConnection {
        let now = monotonicNow()
        let deadline = now + Nanoseconds(seconds: deadlines.read)
        let line = HTTPConnection(
            descriptor: descriptor, isLoopbackPeer: isLoopbackPeer, credentials: credentials, now: now,
            deadline: deadline)
        table.withLock { $0.add(line, limit: limit) }
        signalIfNeeded(before: deadline)
        return line
    }

    func closed(_ line: HTTPConnection) {
        let isLast = table.withLock { table in
            table.remove(line)
            return table.isStopping && table.lines.isEmpty
        }
        if isLast { allClosed.signal() }
    }

    /// A request's header is there: its body must not take longer than a request may.
    func headArrived(on line: HTTPConnection) {
        let deadline = monotonicNow() + Nanoseconds(seconds: deadlines.read)
        if deadline < line.deadline.load(ordering: .relaxed) { set(deadline, on: line) }
    }

    func answerBegins(on line: HTTPConnection) {
        line.waitingSince.store(.max, ordering: .relaxed)
        set(monotonicNow() + Nanoseconds(seconds: deadlines.write), on: line)
    }

    func answerEnded(on line: HTTPConnection) {
        let now = monotonicNow()
        line.hasServed.store(true, ordering: .relaxed)
        line.waitingSince.store(now, ordering: .relaxed)
        set(now + Nanoseconds(seconds: deadlines.idle), on: line)
        table.withLock { if $0.isStopping { line.shutDown() } }
    }

    /// Takes a connection out of libmicrohttpd's loop for a while; false when it shall end instead.
    func suspend(_ line: HTTPConnection, _ connection: SuspendableConnection, milliseconds: Int) -> Bool {
        let pause = Nanoseconds(seconds: Double(max(1, milliseconds)) / 1_000)
        let isAsleep = table.withLock { $0.suspend(line, connection, until: monotonicNow() + pause) }
        // Always: the thread has to watch for this client's leaving, too.
        if isAsleep { bell.signal() }
        return isAsleep
    }

    /// Takes a connection out of libmicrohttpd's loop until the delay is over; false when it shall end instead.
    func suspend(_ line: HTTPConnection, _ connection: SuspendableConnection, until delay: DeferredResponse) -> Bool {
        guard table.withLock({ $0.suspend(line, connection, until: .max) }) else { return false }
        bell.signal()
        delay.onCompletion { [self] in table.withLock { $0.wake(line) } }
        return true
    }

    private func set(_ deadline: Nanoseconds, on line: HTTPConnection) {
        line.deadline.store(deadline, ordering: .sequentiallyConsistent)
        signalIfNeeded(before: deadline)
    }

    private func signalIfNeeded(before deadline: Nanoseconds) {
        if deadline < nextWake.load(ordering: .sequentiallyConsistent) { bell.signal() }
    }

    // MARK: Stopping

    /// Lets answers that are under way end until the instant; returns when none is left or it has passed.
    func drain(until instant: Nanoseconds) {
        let isEmpty = table.withLock { table in
            table.stop(by: instant)
            return table.lines.isEmpty
        }
        bell.signal()
        if !isEmpty { allClosed.wait(until: instant) }
    }

    /// Ends every connection and, once all have been told, the thread.
    func close() {
        table.withLock { $0.close() }
        bell.signal()
    }

    // MARK: The thread

    /// Runs until `close`.
    func run() {
        while true {
            bell.clear()
            nextWake.store(.max, ordering: .sequentiallyConsistent)
            let (next, sleeping, isClosed) = table.withLock { table in
                (table.expire(monotonicNow()), table.suspendedConnections, table.isClosed)
            }
            if isClosed { return }
            nextWake.store(next, ordering: .sequentiallyConsistent)
            let left = waitForDisconnects(among: sleeping, until: next)
            if !left.isEmpty { table.withLock { table in left.forEach { table.resumeDisconnected($0) } } }
        }
    }

    /// Waits for the bell, the instant, or a sleeping connection's client to leave; answers who left.
    private func waitForDisconnects(among lines: [HTTPConnection], until instant: Nanoseconds) -> [HTTPConnection] {
        var entries = [pollfd(descriptor: bell.descriptor, events: Int16(POLLIN))]
        entries += lines.map { pollfd(descriptor: $0.descriptor, events: leaving) }
        guard unsafe poll(&entries, nfds_t(entries.count), pollTimeout(until: instant)) > 0 else { return [] }
        return zip(lines, entries.dropFirst()).filter { $1.revents != 0 }.map(\.0)
    }
}

/// `POLLRDHUP`: the peer sends no more. A client that only half closes is not worth a sleeping answer either.
private let leaving: Int16 = 0x2000
