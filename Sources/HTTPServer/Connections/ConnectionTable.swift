import Synchronization

/// Which connections there are, and which of them sleep; a plain value, guarded by the watch's lock.
struct ConnectionTable {
    private(set) var lines: [ObjectIdentifier: HTTPConnection] = [:]
    private var suspended: [ObjectIdentifier: Suspended] = [:]
    /// No later than this does any answer end; `.max` while the server is not stopping.
    private(set) var lastInstant: Nanoseconds = .max
    private(set) var isClosed = false

    private struct Suspended {
        let line: HTTPConnection
        let connection: SuspendableConnection
        let wakes: Nanoseconds
    }

    var isStopping: Bool { lastInstant != .max }

    /// Takes a new connection; beyond the limit the least welcome of those that wait for a request ends for it.
    mutating func add(_ line: HTTPConnection, limit: Int) {
        lines[ObjectIdentifier(line)] = line
        if isStopping {
            line.shutDown()
        } else if lines.count > limit {
            evictOne(limit)
        }
    }

    /// Ends the least welcome connection unless enough are ending already.
    private func evictOne(_ limit: Int) {
        let living = lines.values.filter { !$0.isEnded }
        guard living.count > limit else { return }
        living.filter { !$0.isServing }.map { ($0.evictionPriority, $0) }.min { $0.0 < $1.0 }?.1.shutDown()
    }

    mutating func remove(_ line: HTTPConnection) { lines[ObjectIdentifier(line)] = nil }

    /// Puts an answer to sleep; false when the server has no time for that any more.
    mutating func suspend(_ line: HTTPConnection, _ connection: SuspendableConnection, until wakes: Nanoseconds) -> Bool
    {
        guard !isClosed, !line.isEnded else { return false }
        connection.suspend()
        suspended[ObjectIdentifier(line)] = Suspended(line: line, connection: connection, wakes: wakes)
        return true
    }

    /// The sleeping connections, to see whether their clients leave meanwhile: libmicrohttpd does not look.
    var suspendedConnections: [HTTPConnection] { suspended.values.map(\.line) }

    /// Ends a sleeping connection whose client has left.
    mutating func resumeDisconnected(_ line: HTTPConnection) {
        guard let sleeper = suspended.removeValue(forKey: ObjectIdentifier(line)) else { return }
        line.shutDown()
        sleeper.connection.resume()
    }

    /// Wakes a connection, if it still sleeps.
    mutating func wake(_ line: HTTPConnection) {
        suspended.removeValue(forKey: ObjectIdentifier(line))?.connection.resume()
    }

    /// Ends what is over its deadline, wakes whose pause is over, and answers when to look again.
    mutating func expire(_ now: Nanoseconds) -> Nanoseconds {
        var next = Nanoseconds.max
        for line in lines.values where !line.isEnded {
            let deadline = min(line.deadline.load(ordering: .sequentiallyConsistent), lastInstant)
            if deadline <= now { line.shutDown() } else { next = min(next, deadline) }
        }
        for (key, sleeper) in suspended {
            if sleeper.wakes <= now || sleeper.line.isEnded {
                suspended[key] = nil
                sleeper.connection.resume()
            } else {
                next = min(next, sleeper.wakes)
            }
        }
        return next
    }

    /// Ends who waits for nothing, and gives the answers that are under way until then.
    mutating func stop(by instant: Nanoseconds) {
        lastInstant = min(lastInstant, instant)
        for line in lines.values where !line.isServing { line.shutDown() }
    }

    /// Ends everything now and lets nothing sleep again, as `MHD_stop_daemon` demands.
    mutating func close() {
        isClosed = true
        lastInstant = min(lastInstant, 0)
        for line in lines.values { line.shutDown() }
        _ = expire(.max)
    }
}
