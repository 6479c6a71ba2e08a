import CMicroHTTPD
@unsafe @preconcurrency import Dispatch
import Glibc
import Locking
import Synchronization

/// Closes connections that exceed a total timeout, and resumes suspended ones.
///
/// libmicrohttpd's own timeout only measures inactivity and never closes a client that sends one byte now and then.
/// A thread checks all connections once a second while there are any, and is parked otherwise.
final class ConnectionMonitor: Sendable {
    private let timeouts: Timeouts
    private let state = Locked(State())
    /// Wakes the thread: the first connection was opened, or the server stops.
    private let wake = DispatchSemaphore(value: 0)
    /// The last connection of a stopping server was closed.
    private let drained = DispatchSemaphore(value: 0)

    private struct State {
        var connections: [ObjectIdentifier: HTTPConnection] = [:]
        var suspended: [ObjectIdentifier: (connection: HTTPConnection, handle: SuspendableConnection)] = [:]
        var isStopping = false
        var isClosed = false
    }

    init(timeouts: Timeouts) { self.timeouts = timeouts }

    // MARK: Called on the threads of libmicrohttpd

    func connectionOpened(
        descriptor: Int32, peer: SocketAddress?, credentials: TLSCredentials?
    ) -> HTTPConnection {
        let connection = HTTPConnection(
            descriptor: descriptor, peer: peer, credentials: credentials, deadline: instant(after: timeouts.read))
        let isFirst = state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = connection
            if state.isStopping { connection.shutDown() }
            return state.connections.count == 1
        }
        if isFirst { wake.signal() }
        return connection
    }

    func connectionClosed(_ connection: HTTPConnection) {
        let isLast = state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            return state.isStopping && state.connections.isEmpty
        }
        if isLast { drained.signal() }
    }

    /// Limits the time that the rest of the header and the body may take.
    ///
    /// The first request of a connection has less time left: it counts from the connection on.
    func requestStarted(on connection: HTTPConnection) {
        let deadline = instant(after: timeouts.read)
        if deadline < connection.deadline.load(ordering: .relaxed) {
            connection.deadline.store(deadline, ordering: .relaxed)
        }
    }

    func responseStarted(on connection: HTTPConnection) {
        connection.isServing.store(true, ordering: .relaxed)
        connection.deadline.store(instant(after: timeouts.write), ordering: .relaxed)
    }

    func responseEnded(on connection: HTTPConnection) {
        connection.deadline.store(instant(after: timeouts.idle), ordering: .relaxed)
        connection.isServing.store(false, ordering: .relaxed)
        state.withLock { if $0.isStopping { connection.shutDown() } }
    }

    /// Takes a connection out of libmicrohttpd's loop until the wakeup fires.
    ///
    /// - Returns: false if the connection must be closed instead.
    func suspend(_ connection: HTTPConnection, _ handle: SuspendableConnection, until wakeup: Wakeup) -> Bool {
        let isSuspended = state.withLock { state in
            guard !state.isClosed, !connection.isShutDown else { return false }
            handle.suspend()
            state.suspended[ObjectIdentifier(connection)] = (connection, handle)
            return true
        }
        if isSuspended { wakeup.onFire { [self] in resume(connection) } }
        return isSuspended
    }

    private func resume(_ connection: HTTPConnection) {
        state.withLock { $0.suspended.removeValue(forKey: ObjectIdentifier(connection))?.handle.resume() }
    }

    // MARK: Stopping

    /// Closes idle connections, and lets the others finish their responses until the instant.
    func drain(until instant: DispatchTime) {
        let isEmpty = state.withLock { state in
            state.isStopping = true
            for connection in state.connections.values where !connection.isServing.load(ordering: .relaxed) {
                connection.shutDown()
            }
            return state.connections.isEmpty
        }
        if !isEmpty { _ = drained.wait(timeout: instant) }
    }

    /// Shuts every connection down, suspends no other (`MHD_stop_daemon` demands that), and ends the thread.
    func close() {
        state.withLock { state in
            state.isStopping = true
            state.isClosed = true
            for connection in state.connections.values { connection.shutDown() }
            Self.resumeShutDown(&state)
        }
        wake.signal()
    }

    // MARK: The thread

    /// Runs until `close`.
    func run() {
        while true {
            let (isIdle, isClosed) = state.withLock { state in
                Self.check(&state)
                return (state.connections.isEmpty, state.isClosed)
            }
            if isClosed { return }
            if isIdle { wake.wait() } else { _ = wake.wait(timeout: .now() + 1) }
        }
    }

    private static func check(_ state: inout State) {
        let now = monotonicNow()
        for connection in state.connections.values
        where connection.deadline.load(ordering: .relaxed) <= now && !connection.isShutDown {
            connection.shutDown()
        }
        // libmicrohttpd does not look at a suspended connection, so it does not notice that its client left.
        let suspended = state.suspended.values.map(\.connection)
        for connection in disconnected(among: suspended) { connection.shutDown() }
        resumeShutDown(&state)
    }

    private static func resumeShutDown(_ state: inout State) {
        for (key, suspended) in state.suspended where suspended.connection.isShutDown {
            state.suspended[key] = nil
            suspended.handle.resume()
        }
    }

    /// The connections whose client closed its side.
    private static func disconnected(among connections: [HTTPConnection]) -> [HTTPConnection] {
        guard !connections.isEmpty else { return [] }
        // POLLRDHUP, which Glibc's module lacks.
        var entries = connections.map { pollfd(fd: $0.descriptor, events: 0x2000, revents: 0) }
        guard unsafe poll(&entries, nfds_t(entries.count), 0) > 0 else { return [] }
        return zip(connections, entries).filter { $1.revents != 0 }.map(\.0)
    }

    private func instant(after seconds: Double) -> Nanoseconds {
        // A longer timeout than a hundred years is none.
        monotonicNow() + Nanoseconds(min(max(0, seconds), 3_155_760_000) * 1_000_000_000)
    }
}

/// An instant of `CLOCK_MONOTONIC` in nanoseconds.
typealias Nanoseconds = Int64

func monotonicNow() -> Nanoseconds {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// The thread of a connection monitor.
@safe
struct MonitorThread: ~Copyable, Sendable {
    private let thread: pthread_t

    init(running monitor: ConnectionMonitor) throws(ServerError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(monitor)
        let code = unsafe pthread_create(&thread, nil, runMonitor, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .outOfResources("no thread for timeouts: \(systemText(code))")
        }
        self.thread = thread
    }

    /// Waits until the monitor, which must have been closed, has returned.
    consuming func join() { _ = pthread_join(thread, nil) }
}

private func runMonitor(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context {
        unsafe mhd_name_thread("http-timeouts")
        unsafe Unmanaged<ConnectionMonitor>.fromOpaque(context).takeRetainedValue().run()
    }
    return nil
}
