import CMicroHTTPD
import Glibc
import Locking

// The functions that libmicrohttpd calls on the thread of a daemon. No input of a client may trap here.

/// What the callbacks of one daemon need.
final class DaemonContext: Sendable {
    let handler: Handler
    let monitor: ConnectionMonitor
    let bodyLimit: Int
    /// The TLS credentials of a new connection; nil for plain HTTP.
    let credentials: (@Sendable () -> TLSCredentials)?
    /// The first message that libmicrohttpd logs while it starts. Later messages depend on clients and are ignored.
    let startupLog = Locked(StartupLog())

    struct StartupLog {
        var isOpen = true
        var text: String?
    }

    init(
        handler: @escaping Handler, monitor: ConnectionMonitor, bodyLimit: Int,
        credentials: (@Sendable () -> TLSCredentials)?
    ) {
        self.handler = handler
        self.monitor = monitor
        self.bodyLimit = bodyLimit
        self.credentials = credentials
    }
}

/// An `MHD_NotifyConnectionCallback`.
func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_ConnectionNotificationCode
) {
    guard let context = unsafe context, let handle = unsafe handle, let slot = unsafe slot else { return }
    let daemon = unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue()
    if code == .CONNECTION_NOTIFY_STARTED {
        guard
            let descriptor = unsafe mhd_connection_info(handle, .CONNECTION_INFO_CONNECTION_FD)?.pointee.connect_fd
        else { return }
        let credentials = daemon.credentials?()
        let connection = daemon.monitor.connectionOpened(
            descriptor: descriptor, peer: unsafe peer(of: handle), credentials: credentials)
        unsafe slot.pointee = Unmanaged.passRetained(connection).toOpaque()
        // The handshake has not started, so the session can still get these credentials.
        if let credentials, unsafe !(session(of: handle).map { unsafe credentials.configure($0) } ?? false) {
            connection.shutDown()
        }
    } else if let pointer = unsafe slot.pointee {
        unsafe slot.pointee = nil
        daemon.monitor.connectionClosed(unsafe Unmanaged<HTTPConnection>.fromOpaque(pointer).takeRetainedValue())
    }
}

/// An `MHD_OPTION_URI_LOG_CALLBACK`: the only place where the target is still as the client sent it.
func requestLineRead(
    _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    if let context = unsafe context, let handle = unsafe handle, let connection = unsafe connection(of: handle) {
        let daemon = unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue()
        daemon.monitor.requestStarted(on: connection)
    }
    let target = if let uri = unsafe uri { unsafe String(cString: uri) } else { "" }
    return unsafe Unmanaged.passRetained(RequestState(target: RequestTarget(target))).toOpaque()
}

/// An `MHD_AccessHandlerCallback`: called for the header, for each part of the body, and for the complete request.
func requestProgressed(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadCount: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context = unsafe context, let handle = unsafe handle, let method = unsafe method,
        let uploadCount = unsafe uploadCount, let pointer = unsafe slot?.pointee,
        let connection = unsafe connection(of: handle)
    else { return .NO }
    let dispatcher = unsafe RequestDispatcher(
        context: Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue(),
        state: Unmanaged<RequestState>.fromOpaque(pointer).takeUnretainedValue(), connection: connection,
        handle: handle)
    if !dispatcher.state.isHeaderRead { return dispatcher.headerRead() ? .YES : .NO }
    if unsafe uploadCount.pointee > 0 {
        dispatcher.state.bodyCount += unsafe uploadCount.pointee
        unsafe uploadCount.pointee = 0
        return .YES
    }
    return dispatcher.requestRead(method: unsafe String(cString: method)) ? .YES : .NO
}

/// An `MHD_RequestCompletedCallback`.
func requestCompleted(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
    guard let context = unsafe context, let slot = unsafe slot, let pointer = unsafe slot.pointee else { return }
    unsafe slot.pointee = nil
    let state = unsafe Unmanaged<RequestState>.fromOpaque(pointer).takeRetainedValue()
    state.finish(isComplete: code == .REQUEST_TERMINATED_COMPLETED_OK)
    if let connection = state.connection {
        unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue().monitor.responseEnded(on: connection)
    }
}

/// An `MHD_LogCallback`.
func logCallback(_ context: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?) {
    guard let context = unsafe context, let format = unsafe format, let arguments = unsafe arguments else { return }
    unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue().startupLog.withLock { log in
        guard log.isOpen, log.text == nil else { return }
        log.text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            _ = unsafe vsnprintf(start, buffer.count, format, arguments)
            return unsafe String(cString: start)
        }
    }
}

private func connection(of handle: OpaquePointer) -> HTTPConnection? {
    guard let info = unsafe mhd_connection_info(handle, .CONNECTION_INFO_SOCKET_CONTEXT),
        let pointer = unsafe info.pointee.socket_context
    else { return nil }
    return unsafe Unmanaged<HTTPConnection>.fromOpaque(pointer).takeUnretainedValue()
}

private func session(of handle: OpaquePointer) -> OpaquePointer? {
    guard let info = unsafe mhd_connection_info(handle, .CONNECTION_INFO_GNUTLS_SESSION),
        let session = unsafe info.pointee.tls_session
    else { return nil }
    return OpaquePointer(session)
}

private func peer(of handle: OpaquePointer) -> SocketAddress? {
    guard let info = unsafe mhd_connection_info(handle, .CONNECTION_INFO_CLIENT_ADDRESS),
        let address = unsafe info.pointee.client_addr
    else { return nil }
    return unsafe SocketAddress(peer: address)
}
