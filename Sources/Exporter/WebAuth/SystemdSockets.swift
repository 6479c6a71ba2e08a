import Glibc

/// The sockets that systemd hands to a service that it starts (`sd_listen_fds`): numbered from 3 on, and counted in the
/// environment.
package enum SystemdSockets {
    private static let first: Int32 = 3

    /// Their descriptors, as the environment tells.
    ///
    /// - Throws: `NoSockets` when they are none, or those of another process.
    package static func descriptors(_ environment: [String: String], process: Int32 = getpid())
        throws(SocketActivationError)
        -> [Int32]
    {
        guard let owner = environment["LISTEN_PID"], let count = environment["LISTEN_FDS"] else {
            throw SocketActivationError("LISTEN_PID and LISTEN_FDS are not set")
        }
        // A variable that was inherited from a parent is about descriptors that this process does not have.
        guard Int32(owner) == process else { throw SocketActivationError("LISTEN_PID names another process") }
        guard let count = Int32(count), (1...1_000).contains(count) else {
            throw SocketActivationError("LISTEN_FDS counts no sockets")
        }
        return (0..<count).map { first + $0 }
    }
}

/// Nothing was handed over.
package struct SocketActivationError: Error, Sendable, CustomStringConvertible {
    private let reason: String

    init(_ reason: String) { self.reason = reason }

    /// One line: why not, and what to do.
    package var description: String {
        "--web.systemd-socket: systemd handed no socket over (\(reason)); start the service with a .socket unit, "
            + "or leave the flag out"
    }
}
