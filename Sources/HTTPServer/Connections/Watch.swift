import Glibc
import Locking
import Synchronization

/// Keeps every connection's total deadline, and wakes paused answers: one thread, parked while there is nothing to do.
///
/// libmicrohttpd's own timeout is for inactivity only, and does not see a client that sends a byte now and then.
final class Watch: Sendable {
    private let deadlines: Deadlines
    private let limit: Int
    private let table = Locked(ConnectionTable())
    private let bell: Bell
    private let emptied: Bell
    /// When the thread looks next by itself. It is `.max` while the thread reads the deadlines, so that whoever sets
    /// one meanwhile rings; both sides are sequentially consistent, so one of them sees the other.
    private let nextLook = Atomic<Nanoseconds>(.max)

    init(deadlines: Deadlines, limit: Int) throws(ServerError) {
        self.deadlines = deadlines
        self.limit = limit
        bell = try Bell()
        emptied = try Bell()
    }

    // MARK: What happens to a connection, on libmicrohttpd's threads

    func began(descriptor: Int32, isLoopbackPeer: Bool, credentials: TLSCredentials?) -> Line {
        let now = monotonicNow()
        let deadline = now + Nanoseconds(seconds: deadlines.request)
        let line = Line(
            descriptor: descriptor, isLoopbackPeer: isLoopbackPeer, credentials: credentials, now: now,
            deadline: deadline)
        table.withLock { $0.add(line, limit: limit) }
        ringIfNeeded(before: deadline)
        return line
    }

    func closed(_ line: Line) {
        let isLast = table.withLock { table in
            table.remove(line)
            return table.isStopping && table.lines.isEmpty
        }
        if isLast { emptied.ring() }
    }

    /// A request's header is there: its body must not take longer than a request may.
    func headArrived(on line: Line) {
        let deadline = monotonicNow() + Nanoseconds(seconds: deadlines.request)
        if deadline < line.deadline.load(ordering: .relaxed) { set(deadline, on: line) }
    }

    func answerBegins(on line: Line) {
        line.waitingSince.store(.max, ordering: .relaxed)
        set(monotonicNow() + Nanoseconds(seconds: deadlines.answer), on: line)
    }

    func answerEnded(on line: Line) {
        let now = monotonicNow()
        line.hasServed.store(true, ordering: .relaxed)
        line.waitingSince.store(now, ordering: .relaxed)
        set(now + Nanoseconds(seconds: deadlines.idle), on: line)
        table.withLock { if $0.isStopping { line.end() } }
    }

    /// Takes a connection out of libmicrohttpd's loop for a while; false when it shall end instead.
    func suspend(_ line: Line, _ connection: SuspendableConnection, milliseconds: Int) -> Bool {
        let pause = Nanoseconds(seconds: Double(max(1, milliseconds)) / 1_000)
        let isAsleep = table.withLock { $0.suspend(line, connection, until: monotonicNow() + pause) }
        // Always: the thread has to watch for this client's leaving, too.
        if isAsleep { bell.ring() }
        return isAsleep
    }

    /// Takes a connection out of libmicrohttpd's loop until the delay is over; false when it shall end instead.
    func suspend(_ line: Line, _ connection: SuspendableConnection, until delay: Delay) -> Bool {
        guard table.withLock({ $0.suspend(line, connection, until: .max) }) else { return false }
        bell.ring()
        delay.whenOver { [self] in table.withLock { $0.wake(line) } }
        return true
    }

    private func set(_ deadline: Nanoseconds, on line: Line) {
        line.deadline.store(deadline, ordering: .sequentiallyConsistent)
        ringIfNeeded(before: deadline)
    }

    private func ringIfNeeded(before deadline: Nanoseconds) {
        if deadline < nextLook.load(ordering: .sequentiallyConsistent) { bell.ring() }
    }

    // MARK: Stopping

    /// Lets answers that are under way end until the instant; returns when none is left or it has passed.
    func drain(until instant: Nanoseconds) {
        let isEmpty = table.withLock { table in
            table.stop(by: instant)
            return table.lines.isEmpty
        }
        bell.ring()
        if !isEmpty { emptied.wait(until: instant) }
    }

    /// Ends every connection and, once all have been told, the thread.
    func close() {
        table.withLock { $0.close() }
        bell.ring()
    }

    // MARK: The thread

    /// Runs until `close`.
    func run() {
        while true {
            bell.quiet()
            nextLook.store(.max, ordering: .sequentiallyConsistent)
            let (next, sleeping, isClosed) = table.withLock { table in
                (table.sweep(monotonicNow()), table.sleeping, table.isClosed)
            }
            if isClosed { return }
            nextLook.store(next, ordering: .sequentiallyConsistent)
            let left = waitForLeavers(among: sleeping, until: next)
            if !left.isEmpty { table.withLock { table in left.forEach { table.clientLeft($0) } } }
        }
    }

    /// Waits for the bell, the instant, or a sleeping connection's client to leave; answers who left.
    private func waitForLeavers(among lines: [Line], until instant: Nanoseconds) -> [Line] {
        var entries = [pollfd(descriptor: bell.descriptor, events: Int16(POLLIN))]
        entries += lines.map { pollfd(descriptor: $0.descriptor, events: leaving) }
        guard unsafe poll(&entries, nfds_t(entries.count), pollTimeout(until: instant)) > 0 else { return [] }
        return zip(lines, entries.dropFirst()).filter { $1.revents != 0 }.map(\.0)
    }
}

/// `POLLRDHUP`: the peer sends no more. A client that only half closes is not worth a sleeping answer either.
private let leaving: Int16 = 0x2000
