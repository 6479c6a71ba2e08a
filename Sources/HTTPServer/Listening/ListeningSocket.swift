import Glibc
import Values

/// A listening socket; closed, and a file of our own making removed, with this value.
struct ListeningSocket: ~Copyable, Sendable {
    let descriptor: Int32
    /// Where it listens, with the port that the system chose.
    let address: ListenAddress
    private let file: SocketFile?
    /// Whether another process made it, and goes on using it after this one.
    private let isShared: Bool

    /// Takes a socket over that listens already.
    init(adopted descriptor: Int32, at address: ListenAddress) {
        self.descriptor = descriptor
        self.address = address
        file = nil
        isShared = true
    }

    init(_ socket: consuming OpenSocket, at address: ListenAddress, file: SocketFile? = nil) {
        descriptor = socket.release()
        self.address = address
        self.file = file
        isShared = false
    }

    deinit {
        file?.remove()
        close(descriptor)
    }

    /// Refuses new connections from now on, but keeps the descriptor: libmicrohttpd may still be about to accept.
    borrowing func refuse() {
        file?.remove()
        // Whoever connects to a shared socket waits for the process that serves it next.
        if isShared { return }
        shutdown(descriptor, Int32(SHUT_RD))
    }

    /// Listens wherever the address says: a host name may stand for several places.
    static func open(_ address: ListenAddress) throws(ServerError) -> [SocketBox] {
        switch address.place {
        case .unix(let path): [SocketBox(try openUnix(path, for: address))]
        case .tcp(let host, let port): try openInternet(host, port: port, for: address)
        }
    }
}

/// A listening socket in an array, until a daemon takes it.
final class SocketBox: Sendable {
    let socket: ListeningSocket
    init(_ socket: consuming ListeningSocket) { self.socket = socket }
}

/// A socket on its way to listening; closed unless it gets there.
struct OpenSocket: ~Copyable {
    let descriptor: Int32

    /// Stands for `socket`.
    init(family: Int32, for address: ListenAddress) throws(ServerError) {
        let made = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard made >= 0 else { throw refusal(errno, of: address) }
        descriptor = made
    }

    deinit { close(descriptor) }

    /// Gives the descriptor away.
    consuming func release() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    /// Stands for `setsockopt` with an `int`.
    borrowing func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Stands for `bind` and `listen`.
    borrowing func listen(at place: SocketAddress, for address: ListenAddress) throws(ServerError) {
        let code = unsafe place.withPointer { unsafe bind(descriptor, $0, $1) }
        guard code == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 else { throw refusal(errno, of: address) }
    }

    /// The port it is bound to, 0 if that cannot be told.
    borrowing func boundPort() -> UInt16 { SocketAddress(of: descriptor)?.port ?? 0 }
}

/// The error that an `errno` of `socket`, `bind` or `listen` means.
func refusal(_ number: Int32, of address: ListenAddress) -> ServerError {
    switch number {
    case EADDRINUSE: .addressInUse(address)
    case EACCES, EPERM: .notPermitted(address)
    case EADDRNOTAVAIL:
        .cannotListen(address, reason: "this machine has no such address; write one of its own, or :port for all")
    case ENOENT, ENOTDIR: .cannotListen(address, reason: "its folder is not there; make it or choose another path")
    case EMFILE, ENFILE:
        .cannotListen(address, reason: "too many open files; raise the limit (ulimit -n)")
    default: .cannotListen(address, reason: systemText(number))
    }
}
