/// What a handler answers.
package struct Response: Sendable {
    /// The status code, 200 to 599.
    package var status: Int
    /// Sent in this order; the server adds `Content-Length`, `Date` and `Connection`.
    ///
    /// A field that is not allowed in a header (an empty name, a control character) is omitted.
    package var headers: [(name: String, value: String)]
    /// The content; the response to `HEAD` has the same header without it.
    package var body: Body
    /// Called once when the response has ended, on a thread of the server.
    package var onFinished: (@Sendable (Completion) -> Void)?

    /// Makes a response; without a body its length is 0.
    package init(status: Int, headers: [(name: String, value: String)] = [], body: Body = .buffers([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The content of a response.
    package enum Body: Sendable {
        /// Bytes in memory, which responses share by reference.
        case buffers([SharedBuffer])
        /// A body that libmicrohttpd prepares once for many responses: the cheapest form.
        case shared(SharedBody)
        /// Bytes that are made while they are sent: chunked, or until the connection closes for HTTP/1.0.
        ///
        /// With a length the response declares it; if the stream ends earlier, the connection is closed.
        case stream(any BodyStream, length: Int? = nil)
        /// No response yet: the handler is called for the same request when the wakeup fires.
        ///
        /// Status and headers of this response are ignored; its `onFinished` is called if the connection ends before.
        case deferred(Wakeup, then: Handler)
        /// No response: the connection is reset.
        case abort
    }

    /// How a response ended.
    package struct Completion: Sendable {
        /// The status that the handler chose.
        package let status: Int
        /// Whether the kernel took the complete response.
        package let isComplete: Bool
    }
}

extension Response {
    /// A plain text that ends with a line feed.
    package static func text(_ status: Int, _ text: String) -> Response {
        Response(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: .buffers([SharedBuffer(Array(text.utf8) + [UInt8(ascii: "\n")])]))
    }

    /// Suspends the connection until the wakeup fires, then calls the handler.
    package static func deferred(_ wakeup: Wakeup, then handler: @escaping Handler) -> Response {
        Response(status: 200, body: .deferred(wakeup, then: handler))
    }

    /// Resets the connection without a response.
    package static var abort: Response { Response(status: 200, body: .abort) }
}

/// A body that the server reads chunk by chunk on its own thread.
package protocol BodyStream: Sendable {
    /// The next chunk; it must not block.
    func next() -> StreamChunk
}

/// The next part of a streamed body.
package enum StreamChunk: Sendable {
    /// Any number of bytes.
    case bytes([UInt8])
    /// Nothing until the wakeup fires: the connection is suspended until then.
    case wait(Wakeup)
    /// The body is complete.
    case end
    /// The body cannot be completed: the connection is closed, with a TCP reset if asked for.
    case abort(reset: Bool)
}
