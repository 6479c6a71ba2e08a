import Foundation
import Locking
import TestSupport

/// Accepts connections, and never says a word.
final class SilentListener: Sendable {
    private let descriptor: Int32
    private let state = Locked(0)
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (isBound, found): (Bool, UInt16) = withUnsafeMutablePointer(to: &address) { [descriptor] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                let isBound = bind(descriptor, general, length) == 0 && listen(descriptor, 8) == 0
                getsockname(descriptor, general, &length)
                return (isBound, pointer.pointee.sin_port.bigEndian)
            }
        }
        guard isBound else { throw WaitTimeout(what: "a port", seen: "") }
        port = found
    }

    /// How many connections have come.
    func accepted() -> Int {
        state.withLock { count in
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                close(connection)
                count += 1
            }
            return count
        }
    }

    deinit { close(descriptor) }
}
