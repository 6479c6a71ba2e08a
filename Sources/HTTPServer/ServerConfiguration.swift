package import Values

/// How a server listens, and what it allows.
package struct ServerConfiguration: Sendable {
    /// Where to listen, each with a thread of its own.
    package var addresses: [ListenAddress]
    /// Sockets that listen already, handed over by whoever started the process, and served beside the addresses.
    package var descriptors: [Int32] = []
    /// Speaks TLS 1.2 or 1.3 if set, plain HTTP otherwise.
    package var identity: TLSIdentity?
    /// Speaks TLS if set, each connection with what this gives at its begin; it must not block.
    ///
    /// It wins over `identity`.
    package var credentials: (@Sendable () -> TLSCredentials)?
    /// How long a connection may take for each part of its life.
    package var deadlines = Timeouts()
    /// How many connections there may be, all addresses together; kept below the limit of open files, and at most 112.
    ///
    /// Beyond it one that waits for a request ends in favour of the new one: who has left or never asked comes first.
    package var connectionLimit = 112
    /// Room for a request's line and header, bytes; more is answered 414 or 431.
    package var headLimit = 32 * 1024
    /// How much of a request's body is read and thrown away, bytes; more is answered 413.
    package var bodyLimit = 1 << 20

    /// Listens at these addresses, with the defaults for the rest.
    package init(addresses: [ListenAddress], identity: TLSIdentity? = nil) {
        self.addresses = addresses
        self.identity = identity
    }
}
