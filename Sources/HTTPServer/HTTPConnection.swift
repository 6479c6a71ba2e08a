import CMicroHTTPD
import Glibc
import Synchronization

/// One accepted connection, from `MHD_CONNECTION_NOTIFY_STARTED` to `MHD_CONNECTION_NOTIFY_CLOSED`.
final class HTTPConnection: Sendable {
    let descriptor: Int32
    /// The address of the client; nil if libmicrohttpd does not know it.
    let peer: SocketAddress?
    /// When the monitor shuts the connection down, whatever else happens.
    let deadline: Atomic<Nanoseconds>
    /// Whether a handler is making a response, or a response is being sent.
    let isServing = Atomic<Bool>(false)
    private let shutDownFlag = Atomic<Bool>(false)
    /// The TLS session uses the credentials without owning them, so the connection keeps them alive.
    private let credentials: TLSCredentials?

    init(descriptor: Int32, peer: SocketAddress?, credentials: TLSCredentials?, deadline: Nanoseconds) {
        self.descriptor = descriptor
        self.peer = peer
        self.credentials = credentials
        self.deadline = Atomic(deadline)
    }

    /// Whether the server shut the connection down; a suspended response must not be sent then.
    var isShutDown: Bool { shutDownFlag.load(ordering: .relaxed) }

    /// Shuts down both directions, so that libmicrohttpd sees a closed connection.
    ///
    /// Call it only while the connection is registered with the monitor: afterwards the descriptor may belong to
    /// another file.
    func shutDown() {
        shutDownFlag.store(true, ordering: .relaxed)
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Sends a TCP reset to the client.
    ///
    /// Linux disconnects a socket that connects to `AF_UNSPEC` and leaves the descriptor open, which libmicrohttpd
    /// closes later. On a unix socket this has no effect, and the connection is closed normally.
    func reset() {
        shutDownFlag.store(true, ordering: .relaxed)
        var unspecified = sockaddr()
        unspecified.sa_family = sa_family_t(AF_UNSPEC)
        _ = unsafe connect(descriptor, &unspecified, socklen_t(MemoryLayout<sockaddr>.size))
    }
}

/// A `struct MHD_Connection` that libmicrohttpd can take out of its event loop.
@safe
struct SuspendableConnection: @unchecked Sendable {
    // Unchecked: libmicrohttpd keeps a suspended connection alive until it is resumed, and allows that from any thread.
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// `MHD_suspend_connection`; only on libmicrohttpd's thread.
    func suspend() { unsafe MHD_suspend_connection(pointer) }

    /// `MHD_resume_connection`; exactly once for each `suspend`, from any thread.
    func resume() { unsafe MHD_resume_connection(pointer) }
}
