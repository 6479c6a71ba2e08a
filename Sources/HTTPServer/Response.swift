/// What a handler answers.
package struct Response: Sendable {
    package var status: Int
    /// Written in this order; `Content-Length`, `Date` and `Connection` are the server's own.
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(status: Int, headers: [(name: String, value: String)] = [], body: Body = .pieces([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The two kinds of body.
    package enum Body: Sendable {
        /// Bytes that stand in memory and that any number of answers share by reference.
        case pieces([SharedBytes])
        /// Bytes that are made while they are sent; the answer is chunked, or ends with the connection.
        case stream(any PulledBody)
    }
}

/// Immutable bytes, shared by reference count with the connections that send them.
package final class SharedBytes: Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// A body that the server pulls piece by piece on its own thread.
package protocol PulledBody: Sendable {
    /// The next piece, called again after each.
    func next() -> Pull
}

/// What a pulled body has for the server now.
package enum Pull: Sendable {
    case bytes([UInt8])
    /// Nothing for this long: the connection is suspended meanwhile and costs nothing.
    case pause(milliseconds: Int)
    case end
    /// Closes the connection in the middle of the body, as a broken appliance does.
    case cut
}
