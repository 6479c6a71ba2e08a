import CMicroHTTPD

/// One call of libmicrohttpd about a request: who is asked, by whom, on which line.
@safe
struct RequestDispatcher {
    let context: DaemonContext
    let exchange: RequestState
    let line: HTTPConnection
    let connection: OpaquePointer

    init(context: DaemonContext, exchange: RequestState, line: HTTPConnection, connection: OpaquePointer) {
        self.context = context
        self.exchange = exchange
        self.line = line
        unsafe self.connection = connection
    }

    /// The header is there; false closes the connection.
    func headArrived() -> Bool {
        exchange.isHeadSeen = true
        exchange.line = line
        context.watch.headArrived(on: line)
        let length = unsafe MHD_lookup_connection_value(connection, .HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH)
        if let length = unsafe length, unsafe (Int(String(cString: length)) ?? .max) > context.bodyLimit {
            // Answered before the body is read: libmicrohttpd closes the connection after it.
            context.watch.answerBegins(on: line)
            return send(.text(413, "Content Too Large"))
        }
        return true
    }

    /// The request is whole; false closes the connection.
    func answer(method: String) -> Bool {
        if let response = exchange.held {
            exchange.held = nil
            return !line.isEnded && send(response)
        }
        if let (delay, handler) = exchange.delayed {
            exchange.delayed = nil
            // It also wakes for its end.
            return !line.isEnded && delay.isCompleted && ask(handler, method: method)
        }
        context.watch.answerBegins(on: line)
        // A body without a declared length is only known to be too large now.
        if exchange.bodyCount > context.bodyLimit { return send(.text(413, "Content Too Large")) }
        exchange.isHeadOnly = method == "HEAD"
        return ask(context.handler, method: method)
    }

    private func ask(_ handler: Handler, method: String) -> Bool {
        let request = unsafe Request(
            method: method, target: exchange.target, isLoopbackPeer: line.isLoopbackPeer, connection: connection)
        let response = handler(request)
        if case .deferred(let delay, let then) = response.body {
            exchange.delayed = (delay, then)
            return context.watch.suspend(line, unsafe SuspendableConnection(connection), until: delay)
        }
        exchange.begin(response)
        guard response.holdMilliseconds > 0 else { return send(response) }
        exchange.held = response
        return context.watch.suspend(
            line, unsafe SuspendableConnection(connection), milliseconds: response.holdMilliseconds)
    }

    private func send(_ response: Response) -> Bool {
        let answer: MHDResponse?
        switch response.body {
        case .pieces(let pieces):
            answer = MHDResponse(pieces: pieces, status: response.status, headers: response.headers)
        case .shared(let body):
            answer = body.answer(status: response.status, headers: response.headers)
        case .stream(let body, let length):
            let source = MHDBodyReader(
                body, line: line, watch: context.watch, connection: unsafe SuspendableConnection(connection))
            answer = MHDResponse(
                stream: source, length: length, status: response.status, headers: response.headers)
            if exchange.isHeadOnly, length == nil { answer?.endWithConnection() }
        case .reset, .deferred:
            line.reset()
            return false
        }
        return unsafe answer?.queue(on: connection) ?? false
    }
}
