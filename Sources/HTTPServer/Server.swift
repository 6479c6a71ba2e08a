@unsafe @preconcurrency import Dispatch
import Glibc
import Locking
package import Values

/// Answers a request that was read completely; called on a thread of the server, so it must not block.
package typealias Handler = @Sendable (borrowing Request) -> Response

/// An HTTP/1.1 server: one poll thread of libmicrohttpd for each listener, and one thread that checks timeouts.
///
/// It serves from the end of `init` until `stop` or until it is released.
package final class Server: Sendable {
    /// The addresses it listens on, in the order of the configuration, with the ports that the system chose.
    ///
    /// A host name with several addresses appears once for each.
    package let boundAddresses: [ListenAddress]
    private let monitor: ConnectionMonitor
    private let running: Locked<Running?>

    private struct Running: ~Copyable, Sendable {
        let daemons: [Daemon]
        let thread: MonitorThread
    }

    /// Binds every address and starts to serve; if one address fails, none is left open.
    package init(_ configuration: ServerConfiguration, handler: @escaping Handler) throws(ServerError) {
        guard !configuration.addresses.isEmpty || !configuration.descriptors.isEmpty else {
            throw .cannotStart("no address to listen on")
        }
        var credentials = configuration.credentials
        if credentials == nil, let identity = configuration.identity {
            let fixed = try TLSCredentials(TLSSettings(identity))
            credentials = { fixed }
        }
        var sockets: [SharedSocket] = []
        for descriptor in configuration.descriptors { sockets.append(SharedSocket(try .adopt(descriptor))) }
        for address in configuration.addresses { sockets += try ListeningSocket.open(address) }
        let limit = Self.connectionLimit(configuration, listeners: sockets.count)
        let monitor = ConnectionMonitor(timeouts: configuration.timeouts)
        let thread = try MonitorThread(running: monitor)
        var daemons: [Daemon] = []
        do {
            for socket in sockets {
                let context = DaemonContext(
                    handler: handler, monitor: monitor, bodyLimit: configuration.bodyLimit,
                    keepsBodies: configuration.keepsBodies, credentials: credentials)
                daemons.append(
                    try Daemon(
                        on: socket, context, connectionLimit: limit, headLimit: configuration.headLimit))
            }
        } catch {
            Self.end(Running(daemons: daemons, thread: thread), monitor, by: .now())
            throw error
        }
        boundAddresses = daemons.map(\.address)
        self.monitor = monitor
        running = Locked(Running(daemons: daemons, thread: thread))
    }

    deinit { stop(graceSeconds: 0) }

    /// Stops listening at once, lets responses finish within the grace period, then closes every connection.
    ///
    /// Returns when no thread of the server runs any more. Must not be called by a handler; a second call has no
    /// effect.
    package func stop(graceSeconds: Double) {
        let taken = running.withLock { running in
            let taken = running.take()
            return taken
        }
        guard let taken else { return }
        Self.end(taken, monitor, by: .now() + max(0, graceSeconds))
    }

    private static func end(_ running: consuming Running, _ monitor: ConnectionMonitor, by instant: DispatchTime) {
        for daemon in running.daemons { daemon.quiesce() }
        monitor.drain(until: instant)
        monitor.close()
        for daemon in running.daemons { daemon.stop() }
        running.thread.join()
    }

    /// The connections that each listener may have.
    private static func connectionLimit(_ configuration: ServerConfiguration, listeners: Int) -> Int {
        var limit = configuration.connectionLimit
        var files = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &files) == 0 {
            // A listener has two sockets and the event descriptor of libmicrohttpd.
            let available = Int(clamping: files.rlim_cur) - listeners * 3
            // Everything else gets half of them at most: a scraper with one connection must not keep others out.
            limit = min(limit, available - min(configuration.reservedDescriptors, available / 2))
        }
        return max(1, limit / listeners)
    }
}
