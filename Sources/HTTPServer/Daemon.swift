import CMicroHTTPD
import Glibc
import Locking
import Synchronization
import Values

/// A running `struct MHD_Daemon` with one listening socket and one thread.
@safe
final class Daemon: @unchecked Sendable {
    // Unchecked: libmicrohttpd allows quiesce and stop from any thread; the server calls each once.
    private let daemon: OpaquePointer
    private let socket: SharedSocket
    /// Outlives the daemon, whose callbacks use it.
    private let context: DaemonContext
    /// The descriptor that `MHD_quiesce_daemon` returned; closed after the thread has ended.
    private let returned = Atomic<Int32>(-1)

    var address: ListenAddress { socket.socket.address }

    /// `MHD_start_daemon`.
    init(
        on socket: SharedSocket, _ context: DaemonContext, connectionLimit: Int, headLimit: Int
    ) throws(ServerError) {
        self.socket = socket
        self.context = context
        // libmicrohttpd 0.9.75 with epoll hangs when 128 connections have events at once, and can abort the process
        // in MHD_quiesce_daemon while a client connects. Its poll loop has neither fault.
        var flags = MHD_USE_POLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
        flags |= MHD_USE_ERROR_LOG.rawValue
        let identity = context.credentials?().identity
        if identity != nil { flags |= MHD_USE_TLS.rawValue }
        // A duplicate: libmicrohttpd closes it when the daemon ends, and after some failures to start, but not all.
        let duplicate = fcntl(socket.socket.descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { throw .outOfResources("no descriptor to listen on: \(systemText(errno))") }
        let closure = unsafe Unmanaged.passUnretained(context).toOpaque()
        var options = unsafe DaemonOptions(closure: closure)
        unsafe options.add(.LISTEN_SOCKET, Int(duplicate))
        unsafe options.add(.CONNECTION_LIMIT, connectionLimit)
        // One address must not take every connection; loopback included, since proxies are there.
        unsafe options.add(.PER_IP_CONNECTION_LIMIT, max(1, connectionLimit / 4 * 3))
        unsafe options.add(.CONNECTION_MEMORY_LIMIT, headLimit)
        if let identity {
            options.add(.HTTPS_MEM_CERT, identity.certificatePEM)
            options.add(.HTTPS_MEM_KEY, identity.keyPEM)
        }
        let started = unsafe options.withList { list in
            unsafe MHD_start_daemon_va(flags, 0, nil, nil, requestProgressed, closure, list)
        }
        let message = context.startupLog.withLock { log in
            log.isOpen = false
            let text = log.text?.filter { !$0.isNewline }
            return text.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        }
        guard let started = unsafe started else {
            Self.closeIfOpen(duplicate, of: socket.socket)
            let reason = message ?? systemText(errno)
            throw identity == nil ? .outOfResources(reason) : .badIdentity(reason: reason)
        }
        unsafe daemon = started
    }

    /// Closes the duplicate if libmicrohttpd left it open; the number may belong to another file by now.
    private static func closeIfOpen(_ duplicate: Int32, of socket: borrowing ListeningSocket) {
        var (left, known) = (stat(), stat())
        guard unsafe fstat(duplicate, &left) == 0, unsafe fstat(socket.descriptor, &known) == 0,
            left.st_dev == known.st_dev, left.st_ino == known.st_ino
        else { return }
        close(duplicate)
    }

    /// `MHD_quiesce_daemon`: accepts no new connections.
    func quiesce() {
        returned.store(unsafe MHD_quiesce_daemon(daemon), ordering: .relaxed)
        socket.socket.refuse()
    }

    /// `MHD_stop_daemon`: closes the remaining connections, none of which may be suspended, and ends the thread.
    func stop() {
        unsafe MHD_stop_daemon(daemon)
        let duplicate = returned.exchange(-1, ordering: .relaxed)
        if duplicate >= 0 { close(duplicate) }
    }
}

/// The list of `MHD_OptionItem`s of a daemon, and the texts that it points to.
@safe
private struct DaemonOptions: ~Copyable {
    private var items: [MHD_OptionItem] = unsafe []
    private var texts: [UnsafeMutablePointer<CChar>] = unsafe []

    /// Starts with the callbacks; the logger must come first, or libmicrohttpd writes to standard error.
    init(closure: UnsafeMutableRawPointer) {
        let logger: MHD_LogCallback = unsafe logCallback
        let requestLine: URILogCallback = unsafe requestLineRead
        let notifyConnection: MHD_NotifyConnectionCallback = unsafe connectionChanged
        let notifyCompleted: MHD_RequestCompletedCallback = unsafe requestCompleted
        unsafe add(.EXTERNAL_LOGGER, unsafeBitCast(logger, to: Int.self), closure)
        unsafe add(.URI_LOG_CALLBACK, unsafeBitCast(requestLine, to: Int.self), closure)
        unsafe add(.NOTIFY_CONNECTION, unsafeBitCast(notifyConnection, to: Int.self), closure)
        unsafe add(.NOTIFY_COMPLETED, unsafeBitCast(notifyCompleted, to: Int.self), closure)
    }

    deinit { unsafe texts.forEach { unsafe free($0) } }

    mutating func add(_ option: MHD_OPTION, _ value: Int, _ pointer: UnsafeMutableRawPointer? = nil) {
        unsafe items.append(MHD_OptionItem(option: option, value: value, ptr_value: pointer))
    }

    mutating func add(_ option: MHD_OPTION, _ text: String) {
        guard let copy = unsafe strdup(text) else { return }
        unsafe texts.append(copy)
        unsafe add(option, 0, copy)
    }

    /// Calls a function that takes the list as C variable arguments.
    consuming func withList<Result>(_ body: (CVaListPointer) -> Result) -> Result {
        unsafe add(.END, 0)
        return unsafe items.withUnsafeMutableBufferPointer { items in
            guard let start = items.baseAddress else { return unsafe withVaList([]) { unsafe body($0) } }
            let arguments: [any CVarArg] = unsafe [
                Int32(MHD_OPTION.ARRAY.rawValue), start, Int32(MHD_OPTION.END.rawValue),
            ]
            return unsafe withVaList(arguments) { unsafe body($0) }
        }
    }
}

/// The type of `MHD_OPTION_URI_LOG_CALLBACK`, which has no name in the header.
private typealias URILogCallback =
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer?
