package import Values

/// Where a server listens, and its limits.
package struct ServerConfiguration: Sendable {
    /// The addresses to listen on; each has a thread.
    package var addresses: [ListenAddress]
    /// Sockets that already listen, handed over by the process that started this one; served like the addresses.
    package var descriptors: [Int32] = []
    /// Serves TLS 1.2 and 1.3 if set, plain HTTP otherwise.
    package var identity: TLSIdentity?
    /// Serves TLS if set; called for every new connection on a thread of the server, so it must not block.
    ///
    /// Takes precedence over `identity`.
    package var credentials: (@Sendable () -> TLSCredentials)?
    /// The total timeouts of a connection.
    package var timeouts = Timeouts()
    /// The most connections of all listeners together; fewer if `RLIMIT_NOFILE` does not allow as many.
    ///
    /// Listeners share it equally, and one client address gets at most three quarters of a listener's share. A new
    /// connection beyond the limit waits until another one ends.
    package var connectionLimit = 2_048
    /// How many descriptors below `RLIMIT_NOFILE` the server leaves to the rest of the process.
    package var reservedDescriptors = 64
    /// The most bytes of a request line and header; a longer one is answered with 414 or 431.
    package var headLimit = 32 * 1024
    /// The most bytes of a request body; a longer one is answered with 413.
    package var bodyLimit = 1 << 20
    /// Whether `Request.body` has the bytes of a body; they are read and discarded otherwise.
    package var keepsBodies = false

    /// Listens on these addresses, with default values for everything else.
    package init(addresses: [ListenAddress], identity: TLSIdentity? = nil) {
        self.addresses = addresses
        self.identity = identity
    }
}

/// Total timeouts, in seconds: a client that sends or reads slowly does not extend them.
///
/// They are checked once a second.
package struct Timeouts: Sendable {
    /// From the connection, or from the request line of a later request, to the end of the request's body.
    package var read: Double
    /// From the call of the handler to the last byte of the response.
    package var write: Double
    /// From the end of a response to the next request line.
    package var idle: Double

    /// 10 seconds for a request, 30 for a response, and 5 minutes between them, unless given.
    package init(read: Double = 10, write: Double = 30, idle: Double = 300) {
        self.read = read
        self.write = write
        self.idle = idle
    }
}
