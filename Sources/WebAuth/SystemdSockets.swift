import Glibc

/// The sockets that systemd passes to a service (`sd_listen_fds`): numbered from 3, and counted in the environment.
package enum SystemdSockets {
    private static let first: Int32 = 3

    /// The descriptors; empty if there are none and none are required.
    ///
    /// - Throws: `SocketActivationError` when they are required and there are none, or they are for another process.
    package static func descriptors(
        _ environment: [String: String], areRequired: Bool, process: Int32 = getpid()
    ) throws(SocketActivationError) -> [Int32] {
        do {
            return try passed(environment, to: process)
        } catch {
            guard areRequired else { return [] }
            throw error
        }
    }

    private static func passed(
        _ environment: [String: String], to process: Int32
    ) throws(SocketActivationError) -> [Int32] {
        guard let owner = environment["LISTEN_PID"], let count = environment["LISTEN_FDS"] else {
            throw SocketActivationError("LISTEN_PID and LISTEN_FDS are not set")
        }
        // A variable inherited from a parent is about descriptors that this process does not have.
        guard Int32(owner) == process else { throw SocketActivationError("LISTEN_PID names another process") }
        guard let count = Int32(count), (1...1_000).contains(count) else {
            throw SocketActivationError("LISTEN_FDS counts no sockets")
        }
        return (0..<count).map { first + $0 }
    }
}

/// systemd passed no sockets.
package struct SocketActivationError: Error, Sendable, CustomStringConvertible {
    private let reason: String

    init(_ reason: String) { self.reason = reason }

    /// One line: what is wrong, and what to do.
    package var description: String {
        "--web.systemd-socket: no sockets passed by systemd (\(reason)); start the service with a .socket unit, "
            + "or remove the flag"
    }
}
