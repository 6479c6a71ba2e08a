import CMicroHTTPD
import Glibc
import Locking

// What libmicrohttpd calls, on the thread of the daemon; nothing here may trap, whatever a client sends.

/// An `MHD_OPTION_URI_LOG_CALLBACK`: the only place where the target is still as the client sent it.
func requestBegan(
    _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    let raw = if let uri = unsafe uri { unsafe String(cString: uri) } else { "" }
    return unsafe Unmanaged.passRetained(RequestState(target: RequestTarget(raw))).toOpaque()
}

/// An `MHD_NotifyConnectionCallback`.
func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_ConnectionNotificationCode
) {
    guard let context = unsafe context, let connection = unsafe connection, let slot = unsafe slot else { return }
    let own = unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue()
    let watch = own.watch
    if code == .CONNECTION_NOTIFY_STARTED {
        guard
            let descriptor = unsafe mhd_connection_info(connection, .CONNECTION_INFO_CONNECTION_FD)?.pointee.connect_fd
        else { return }
        let isLoopbackPeer = unsafe peer(of: connection)?.isLoopback ?? false
        let credentials = own.credentials?()
        let line = watch.connectionOpened(
            descriptor: descriptor, isLoopbackPeer: isLoopbackPeer, credentials: credentials)
        unsafe slot.pointee = Unmanaged.passRetained(line).toOpaque()
        // Nothing has been read yet, so that whatever the session shows and asks can still be chosen.
        if let credentials, unsafe !(session(of: connection).map { unsafe credentials.equip($0) } ?? false) {
            line.shutDown()
        }
    } else if let pointer = unsafe slot.pointee {
        unsafe slot.pointee = nil
        watch.closed(unsafe Unmanaged<HTTPConnection>.fromOpaque(pointer).takeRetainedValue())
    }
}

/// An `MHD_RequestCompletedCallback`.
func requestCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
    guard let context = unsafe context, let slot = unsafe slot, let pointer = unsafe slot.pointee else { return }
    unsafe slot.pointee = nil
    let exchange = unsafe Unmanaged<RequestState>.fromOpaque(pointer).takeRetainedValue()
    exchange.finish(isWhole: code == .REQUEST_TERMINATED_COMPLETED_OK)
    if let line = exchange.line {
        unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue().watch.answerEnded(on: line)
    }
}

/// An `MHD_AccessHandlerCallback`: once for the header, for each piece of a body, and once when the request is whole.
func requestProgressed(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadCount: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context = unsafe context, let connection = unsafe connection, let method = unsafe method,
        let uploadCount = unsafe uploadCount, let pointer = unsafe slot?.pointee,
        let line = unsafe line(of: connection)
    else { return .NO }
    let serving = unsafe RequestDispatcher(
        context: Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue(),
        exchange: Unmanaged<RequestState>.fromOpaque(pointer).takeUnretainedValue(), line: line, connection: connection)
    if !serving.exchange.isHeadSeen { return serving.headArrived() ? .YES : .NO }
    if unsafe uploadCount.pointee > 0 {
        serving.exchange.bodyCount += unsafe uploadCount.pointee
        unsafe uploadCount.pointee = 0
        return .YES
    }
    return serving.answer(method: unsafe String(cString: method)) ? .YES : .NO
}

/// An `MHD_LogCallback`.
func logCallback(_ context: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?) {
    guard let context = unsafe context, let format = unsafe format, let arguments = unsafe arguments else { return }
    unsafe Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue().complaint.withLock { complaint in
        guard complaint.isOpen, complaint.text == nil else { return }
        complaint.text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            _ = unsafe vsnprintf(start, buffer.count, format, arguments)
            return unsafe String(cString: start)
        }
    }
}

private func line(of connection: OpaquePointer) -> HTTPConnection? {
    guard let info = unsafe mhd_connection_info(connection, .CONNECTION_INFO_SOCKET_CONTEXT),
        let pointer = unsafe info.pointee.socket_context
    else { return nil }
    return unsafe Unmanaged<HTTPConnection>.fromOpaque(pointer).takeUnretainedValue()
}

private func session(of connection: OpaquePointer) -> OpaquePointer? {
    guard let info = unsafe mhd_connection_info(connection, .CONNECTION_INFO_GNUTLS_SESSION),
        let session = unsafe info.pointee.tls_session
    else { return nil }
    return OpaquePointer(session)
}

private func peer(of connection: OpaquePointer) -> SocketAddress? {
    guard let info = unsafe mhd_connection_info(connection, .CONNECTION_INFO_CLIENT_ADDRESS),
        let address = unsafe info.pointee.client_addr
    else { return nil }
    return unsafe SocketAddress(peer: address)
}
