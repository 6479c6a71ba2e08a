/// What a handler answers.
package struct Response: Sendable {
    /// The status code, 200 to 599.
    package var status: Int
    /// Written in this order; `Content-Length`, `Date` and `Connection` are the server's own.
    ///
    /// A field that cannot stand in a header (an empty name, a control character) is left out.
    package var headers: [(name: String, value: String)]
    /// What follows the header; a `HEAD` request gets the same header without it.
    package var body: Body
    /// How long nothing at all is sent, not even the status line; meanwhile the connection is suspended.
    package var holdMilliseconds: Int
    /// Called once when the answer is over, however it ended, on the server's thread.
    package var onFinished: (@Sendable (Completion) -> Void)?

    /// Makes an answer; without a body its length is 0.
    package init(status: Int, headers: [(name: String, value: String)] = [], body: Body = .pieces([])) {
        self.status = status
        self.headers = headers
        self.body = body
        holdMilliseconds = 0
    }

    /// What is sent after the header.
    package enum Body: Sendable {
        /// Bytes that stand in memory and that any number of answers share by reference.
        case pieces([SharedBuffer])
        /// Pieces that many answers share as one prepared response: the cheapest way to say the same thing often.
        case shared(SharedBody)
        /// Bytes that are made while they are sent; the answer is chunked, or ends with the connection for HTTP/1.0.
        ///
        /// With a length the answer promises so many bytes; a stream that ends before has its connection closed.
        case stream(any BodyStream, length: Int? = nil)
        /// Nothing yet: when the delay is over, the handler makes the answer, for the same request.
        ///
        /// Status and headers of this one, and what else it says, do not count.
        case deferred(DeferredResponse, then: Handler)
        /// No answer at all: the connection is reset.
        case reset
    }

    /// How an answer ended.
    package struct Completion: Sendable {
        /// The status that the handler chose.
        package let status: Int
        /// True if the whole answer was handed to the kernel.
        package let isComplete: Bool
    }
}

extension Response {
    /// A short text for people, ended by a line feed.
    package static func text(_ status: Int, _ text: String) -> Response {
        Response(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: .pieces([SharedBuffer(Array(text.utf8) + [UInt8(ascii: "\n")])]))
    }

    /// Accepts the request and never answers: the connection ends by its deadline, its client or the server's stop.
    package static var silence: Response {
        var response = Response(status: 200, body: .reset)
        response.holdMilliseconds = .max
        return response
    }

    /// Suspends the connection until the delay is over, and then asks the handler.
    package static func deferred(_ delay: DeferredResponse, then handler: @escaping Handler) -> Response {
        Response(status: 200, body: .deferred(delay, then: handler))
    }

    /// Resets the connection without an answer.
    package static var reset: Response { Response(status: 200, body: .reset) }
}
