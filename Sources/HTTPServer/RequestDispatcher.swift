import CMicroHTTPD

/// One request and its response, from the request line to `MHD_OPTION_NOTIFY_COMPLETED`.
///
/// Only the thread of its daemon uses it.
final class RequestState {
    let target: RequestTarget
    /// The address after the target, for `RequestFraming`.
    let targetEnd: UInt
    /// Set when the header was read.
    var connection: HTTPConnection?
    var isHeaderRead: Bool { connection != nil }
    /// Whether the method is `HEAD`.
    var isHeadOnly = false
    /// The bytes of the body that were read.
    var bodyCount = 0
    /// The body, if the server keeps bodies.
    var body: [UInt8] = []
    /// The wakeup that a suspended request waits for, and the handler that is called then.
    var deferred: (until: Wakeup, then: Handler)?
    private var started: (status: Int, onFinished: (@Sendable (Response.Completion) -> Void)?)?

    init(target: RequestTarget, targetEnd: UInt) {
        self.target = target
        self.targetEnd = targetEnd
    }

    /// Remembers what to report when the response ends.
    func start(_ response: Response) { started = (response.status, response.onFinished) }

    /// Reports the end of the response; at most once.
    func finish(isComplete: Bool) {
        guard let (status, onFinished) = started else { return }
        started = nil
        onFinished?(Response.Completion(status: status, isComplete: isComplete))
    }
}

/// One call of libmicrohttpd about a request.
@safe
struct RequestDispatcher {
    let context: DaemonContext
    let state: RequestState
    let connection: HTTPConnection
    private let handle: OpaquePointer

    init(context: DaemonContext, state: RequestState, connection: HTTPConnection, handle: OpaquePointer) {
        self.context = context
        self.state = state
        self.connection = connection
        unsafe self.handle = handle
    }

    /// The header was read; false closes the connection.
    ///
    /// - Parameter error: why the request must be answered with 400.
    func headerRead(error: String?) -> Bool {
        state.connection = connection
        if let error {
            context.monitor.responseStarted(on: connection)
            var response = Response.text(400, "Bad Request: \(error)")
            // The end of this request is not known, so nothing after it may be read.
            response.headers.append(("Connection", "close"))
            return send(response)
        }
        let length = unsafe MHD_lookup_connection_value(handle, .HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH)
        guard let length = unsafe length, unsafe (Int(String(cString: length)) ?? .max) > context.bodyLimit else {
            return true
        }
        // A response before the body makes libmicrohttpd close the connection afterwards.
        context.monitor.responseStarted(on: connection)
        return send(.text(413, "Content Too Large"))
    }

    /// The complete request was read, or a suspended one was resumed; false closes the connection.
    func requestRead(method: String) -> Bool {
        if let (wakeup, handler) = state.deferred {
            state.deferred = nil
            // The monitor also resumes connections that it shut down.
            return !connection.isShutDown && wakeup.isFired && respond(handler, method: method)
        }
        context.monitor.responseStarted(on: connection)
        // The length of a chunked body is only known at its end.
        if state.bodyCount > context.bodyLimit { return send(.text(413, "Content Too Large")) }
        state.isHeadOnly = method == "HEAD"
        return respond(context.handler, method: method)
    }

    private func respond(_ handler: Handler, method: String) -> Bool {
        let request = unsafe Request(
            method: method, target: state.target, body: state.body, peer: connection.peer, handle: handle)
        let response = handler(request)
        state.start(response)
        if case .deferred(let wakeup, let then) = response.body {
            state.deferred = (wakeup, then)
            return context.monitor.suspend(connection, unsafe SuspendableConnection(handle), until: wakeup)
        }
        return send(response)
    }

    private func send(_ response: Response) -> Bool {
        let prepared: MHDResponse?
        switch response.body {
        case .buffers(let buffers):
            prepared = MHDResponse(buffers: buffers, status: response.status, headers: response.headers)
        case .shared(let body):
            prepared = body.response(status: response.status, headers: response.headers)
        case .stream(let body, let length):
            let reader = MHDBodyReader(
                body, connection: connection, monitor: context.monitor, handle: unsafe SuspendableConnection(handle))
            prepared = MHDResponse(
                reader: reader, length: length, status: response.status, headers: response.headers)
            if state.isHeadOnly, length == nil { prepared?.endWithConnection() }
        case .abort, .deferred:
            connection.reset()
            return false
        }
        return unsafe prepared?.queue(on: handle) ?? false
    }
}
