import Glibc
import Locking
package import Values

/// Answers one whole request, synchronously and on the thread of the listener: it must not block.
package typealias Handler = @Sendable (borrowing Request) -> Response

/// An HTTP/1.1 server: one epoll thread of libmicrohttpd for each listener, and one that keeps the deadlines.
///
/// It serves from the end of `init` until `stop`, or until it is let go.
package final class Server: Sendable {
    /// Where it listens, in the order of the configuration, with the ports that the system chose.
    ///
    /// A host name with several addresses appears once for each.
    package let boundAddresses: [ListenAddress]
    private let context: DaemonContext
    private let running: Locked<Running?>

    /// What a stop takes apart.
    private struct Running: ~Copyable, Sendable {
        let daemons: [Daemon]
        let thread: TimeoutThread
    }

    /// Binds every address and begins to serve; if one fails, none is left open.
    package init(_ configuration: ServerConfiguration, handler: @escaping Handler) throws(ServerError) {
        guard !configuration.addresses.isEmpty || !configuration.descriptors.isEmpty else {
            throw .cannotStart("no address to listen on")
        }
        var credentials = configuration.credentials
        if credentials == nil, let identity = configuration.identity {
            let fixed = try TLSCredentials(TLSSettings(identity))
            credentials = { fixed }
        }
        var sockets: [SocketBox] = []
        for descriptor in configuration.descriptors { sockets.append(SocketBox(try .adopt(descriptor))) }
        for address in configuration.addresses { sockets += try ListeningSocket.open(address) }
        let limit = Self.connectionLimit(configuration.connectionLimit, listeners: sockets.count)
        let watch = try TimeoutMonitor(deadlines: configuration.deadlines, limit: limit)
        let context = DaemonContext(
            handler: handler, watch: watch, bodyLimit: configuration.bodyLimit, credentials: credentials)
        let thread = try TimeoutThread(running: watch)
        var daemons: [Daemon] = []
        do {
            for socket in sockets {
                // Some more than the limit, so that a new connection gets in and an idle one makes room for it.
                daemons.append(try Daemon(on: socket, context, configuration, connectionLimit: limit + spare))
            }
        } catch {
            Self.end(Running(daemons: daemons, thread: thread), watch, by: 0)
            throw error
        }
        boundAddresses = daemons.map(\.address)
        self.context = context
        running = Locked(Running(daemons: daemons, thread: thread))
    }

    deinit { stop(graceSeconds: 0) }

    /// Stops listening at once, lets answers that are under way end within the grace, then ends whatever is left.
    ///
    /// It returns when nothing runs any more, a few milliseconds after the last answer or the grace. Not to be called
    /// by a handler; a second call does nothing.
    package func stop(graceSeconds: Double) {
        let taken = running.withLock { running in
            let taken = running.take()
            return taken
        }
        guard let taken else { return }
        Self.end(taken, context.watch, by: monotonicNow() + Nanoseconds(seconds: graceSeconds))
    }

    private static func end(_ running: consuming Running, _ watch: TimeoutMonitor, by instant: Nanoseconds) {
        for daemon in running.daemons { daemon.quiesce() }
        watch.drain(until: instant)
        watch.close()
        for daemon in running.daemons { daemon.stop() }
        running.thread.join()
    }

    /// The configured limit, or what libmicrohttpd and the limit of open files allow beside all else that is open.
    private static func connectionLimit(_ wanted: Int, listeners: Int) -> Int {
        var files = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &files) == 0 else {
            return min(wanted, most)
        }
        let room = Int(clamping: files.rlim_cur) - 64 - listeners * (spare + 4)
        return max(1, min(wanted, room, most))
    }
}

/// How many connections beyond the limit libmicrohttpd takes, to be seen and sorted out.
private let spare = 12

/// How many connections a server can have.
///
/// libmicrohttpd 0.9.75 asks epoll for 128 events at a time. When it gets exactly as many it asks again before it looks
/// at them, and waits for ever if there are no more: 128 connections hang until something else happens. With the
/// spare, the listening socket and the channel that wakes it, this is 126 descriptors.
private let most = 112
