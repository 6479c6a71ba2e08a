import Foundation
import TestSupport

/// Sockets of this machine, for what curl is too slow or too careful for.
enum Socket {
    /// A socket that listens on a port.
    static func listening(_ host: String, _ port: UInt16) throws -> Int32 {
        let listener = socket(AF_INET, stream, 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let isBound = withAddress(host, port) { bind(listener, $0, $1) == 0 }
        guard isBound, listen(listener, 64) == 0 else {
            let reason = String(cString: strerror(errno))
            close(listener)
            throw WaitTimeout(what: "a listener on \(host):\(port)", seen: reason)
        }
        return listener
    }

    /// A socket that is connected to a port, or -1.
    static func connected(_ host: String, _ port: UInt16) -> Int32 {
        let connection = socket(AF_INET, stream, 0)
        let isConnected = withAddress(host, port) { connect(connection, $0, $1) == 0 }
        if isConnected { return connection }
        close(connection)
        return -1
    }

    /// A socket that is connected to a unix socket, or -1.
    static func connected(path: String) -> Int32 {
        let connection = socket(AF_UNIX, stream, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        if isConnected { return connection }
        close(connection)
        return -1
    }

    /// Sends all of it, waiting for the receiver; false if that has closed the connection.
    static func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)

    private static func withAddress<Result>(
        _ host: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
