import CMicroHTTPD
import Glibc
import Locking

/// A running `struct MHD_Daemon` on one listening socket: one epoll thread; stopped with this object.
@safe
final class Daemon: @unchecked Sendable {
    // Unchecked: libmicrohttpd allows the two calls that are made of it, quiesce and stop, from any thread; the
    // server makes each once.
    private let daemon: OpaquePointer
    private let socket: SocketBox

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
        context.complaint.withLock { $0 = DaemonContext.Complaint() }
        let started = unsafe Self.start(
            flags: flags, descriptor: socket.socket.descriptor, context, configuration, identity, connectionLimit)
        let complaint = context.complaint.withLock { complaint in
            complaint.isOpen = false
            return complaint.text?.filter { !$0.isNewline }
        }
        guard let started = unsafe started else {
            let reason = complaint ?? systemText(errno)
            throw identity == nil ? .cannotStart(reason) : .badIdentity(reason: reason)
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

    /// Takes no new connections from now on. Stands for `MHD_quiesce_daemon`.
    func quiesce() {
        _ = unsafe MHD_quiesce_daemon(daemon)
        socket.socket.refuse()
    }

    /// Ends the thread with whatever connections are left, none of them suspended. Stands for `MHD_stop_daemon`.
    func stop() { unsafe MHD_stop_daemon(daemon) }
}
