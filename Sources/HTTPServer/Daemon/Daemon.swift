import CMicroHTTPD
import Glibc
import Locking
import Synchronization
import Values

/// A running `struct MHD_Daemon` on one listening socket: one epoll thread; stopped with this object.
@safe
final class Daemon: @unchecked Sendable {
    // Unchecked: libmicrohttpd allows the two calls that are made of it, quiesce and stop, from any thread; the
    // server makes each once.
    private let daemon: OpaquePointer
    private let socket: SocketBox
    /// The descriptor that libmicrohttpd has given back, open until its thread has ended.
    private let returned = Atomic<Int32>(-1)

    var address: ListenAddress { socket.socket.address }

    /// Stands for `MHD_start_daemon`; the context must outlive this object.
    init(
        on socket: SocketBox, _ context: DaemonContext, _ configuration: ServerConfiguration, connectionLimit: Int
    ) throws(ServerError) {
        self.socket = socket
        // A suspended connection is how a body pauses; the flag also brings the channel that quiesce needs.
        var flags = MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
        flags |= MHD_USE_ERROR_LOG.rawValue
        let identity = context.credentials?().identity
        if identity != nil { flags |= MHD_USE_TLS.rawValue }
        context.complaint.withLock { $0 = DaemonContext.StartupLog() }
        // One of its own: libmicrohttpd closes it when it ends, and after some failures to start, but not after others.
        let own = fcntl(socket.socket.descriptor, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { throw .outOfResources("no descriptor to listen on: \(systemText(errno))") }
        let started = unsafe Self.start(
            flags: flags, descriptor: own, context, configuration, identity, connectionLimit)
        let complaint = context.complaint.withLock { complaint in
            complaint.isOpen = false
            let text = complaint.text?.filter { !$0.isNewline }
            return text.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        }
        guard let started = unsafe started else {
            Self.release(own, of: socket.socket)
            let reason = complaint ?? systemText(errno)
            throw identity == nil ? .outOfResources(reason) : .badIdentity(reason: reason)
        }
        unsafe daemon = started
    }

    private static func start(
        flags: UInt32, descriptor: Int32, _ context: DaemonContext, _ configuration: ServerConfiguration,
        _ identity: TLSIdentity?, _ connectionLimit: Int
    ) -> OpaquePointer? {
        let closure = unsafe Unmanaged.passUnretained(context).toOpaque()
        var options = unsafe DaemonOptions(closure: closure)
        unsafe options.add(.LISTEN_SOCKET, Int(descriptor))
        unsafe options.add(.CONNECTION_LIMIT, connectionLimit)
        unsafe options.add(.CONNECTION_MEMORY_LIMIT, configuration.headLimit)
        // Refuses a request without Host, and other things that no honest client sends.
        unsafe options.add(.STRICT_FOR_CLIENT, 1)
        if let identity {
            options.add(.HTTPS_MEM_CERT, identity.certificatePEM)
            options.add(.HTTPS_MEM_KEY, identity.keyPEM)
        }
        return unsafe options.withList { list in
            unsafe MHD_start_daemon_va(flags, 0, nil, nil, requestProgressed, closure, list)
        }
    }

    /// Closes what libmicrohttpd has left open, unless the number has become another's meanwhile.
    private static func release(_ own: Int32, of socket: borrowing ListeningSocket) {
        var (left, known) = (stat(), stat())
        guard unsafe fstat(own, &left) == 0, unsafe fstat(socket.descriptor, &known) == 0,
            left.st_dev == known.st_dev, left.st_ino == known.st_ino
        else { return }
        close(own)
    }

    /// Takes no new connections from now on. Stands for `MHD_quiesce_daemon`.
    func quiesce() {
        returned.store(unsafe MHD_quiesce_daemon(daemon), ordering: .relaxed)
        socket.socket.refuse()
    }

    /// Ends the thread with whatever connections are left, none of them suspended. Stands for `MHD_stop_daemon`.
    func stop() {
        unsafe MHD_stop_daemon(daemon)
        let own = returned.exchange(-1, ordering: .relaxed)
        if own >= 0 { close(own) }
    }
}
