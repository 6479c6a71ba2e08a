import CMicroHTTPD
import Glibc
import Locking

// The functions that libmicrohttpd calls on the thread of a daemon. No input of a client may trap here.

/// What the callbacks of one daemon need.
final class DaemonContext: Sendable {
    let handler: Handler
    let monitor: ConnectionMonitor
    let bodyLimit: Int
    let keepsBodies: Bool
    /// The TLS credentials of a new connection; nil for plain HTTP.
    let credentials: (@Sendable () -> TLSCredentials)?
    /// The first message that libmicrohttpd logs while it starts. Later messages depend on clients and are ignored.
    let startupLog = Locked(StartupLog())
    /// The connections between the request line and the end of the header.
    let headerReaders = Locked<[ObjectIdentifier: HeaderReader]>([:])

    struct StartupLog {
        var isOpen = true
        var text: String?
    }

    init(
        handler: @escaping Handler, monitor: ConnectionMonitor, bodyLimit: Int, keepsBodies: Bool,
        credentials: (@Sendable () -> TLSCredentials)?
    ) {
        self.handler = handler
        self.monitor = monitor
        self.bodyLimit = bodyLimit
        self.keepsBodies = keepsBodies
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
        if let credentials, unsafe !(tlsSession(of: handle).map { unsafe credentials.configure($0) } ?? false) {
            connection.shutDown()
        }
    } else if let pointer = unsafe slot.pointee {
        unsafe slot.pointee = nil
        let connection = unsafe Unmanaged<HTTPConnection>.fromOpaque(pointer).takeRetainedValue()
        daemon.headerReaders.withLock { $0[ObjectIdentifier(connection)] = nil }
        daemon.monitor.connectionClosed(connection)
    }
}

/// An `MHD_OPTION_URI_LOG_CALLBACK`: the only place where the target is still as the client sent it.
func requestLineRead(
    _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let uri = unsafe uri, let context = unsafe context, let handle = unsafe handle,
        let connection = unsafe connection(of: handle)
    else { return nil }
    let daemon = unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue()
    daemon.monitor.requestStarted(on: connection)
    daemon.headerReaders.withLock { readers in
        readers[ObjectIdentifier(connection)] = unsafe HeaderReader(connection: connection, handle: handle)
    }
    let state = RequestState(
        target: RequestTarget(unsafe String(cString: uri)),
        targetEnd: UInt(bitPattern: uri) + UInt(bitPattern: unsafe strlen(uri)))
    unsafe RequestFraming.skipQueryAndCookies(uri: uri, handle: handle)
    return unsafe Unmanaged.passRetained(state).toOpaque()
}

/// An `MHD_AccessHandlerCallback`: called for the header, for each part of the body, and for the complete request.
func requestProgressed(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadCount: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context = unsafe context, let handle = unsafe handle, let method = unsafe method,
        let version = unsafe version, let uploadCount = unsafe uploadCount, let pointer = unsafe slot?.pointee,
        let connection = unsafe connection(of: handle)
    else { return .NO }
    let dispatcher = unsafe RequestDispatcher(
        context: Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue(),
        state: Unmanaged<RequestState>.fromOpaque(pointer).takeUnretainedValue(), connection: connection,
        handle: handle)
    if !dispatcher.state.isHeaderRead {
        dispatcher.context.headerReaders.withLock { $0[ObjectIdentifier(connection)] = nil }
        let error = unsafe RequestFraming.error(
            in: dispatcher.state, method: method, version: version, handle: handle)
        return dispatcher.headerRead(error: error) ? .YES : .NO
    }
    if unsafe uploadCount.pointee > 0 {
        let count = unsafe uploadCount.pointee
        dispatcher.state.bodyCount += count
        if dispatcher.context.keepsBodies, dispatcher.state.bodyCount <= dispatcher.context.bodyLimit,
            let upload = unsafe upload
        {
            let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: count)
            unsafe dispatcher.state.body.append(contentsOf: bytes)
        }
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
    let daemon = unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue()
    // The message does not say which connection it is about: all that match are answered.
    if unsafe strncmp(format, "Failed to parse `Content-Length'", 32) == 0
        || strncmp(format, "Too large value of 'Content-Length'", 35) == 0
    {
        daemon.headerReaders.withLock { readers in readers.values.forEach { $0.sendBadLengthResponse() } }
    }
    daemon.startupLog.withLock { log in
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

/// The GnuTLS session of a connection; nil for plain HTTP.
func tlsSession(of handle: OpaquePointer) -> OpaquePointer? {
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
