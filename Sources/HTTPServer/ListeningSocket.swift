import Glibc
import Values

/// A listening socket; releasing it closes the socket and removes its file.
struct ListeningSocket: ~Copyable, Sendable {
    let descriptor: Int32
    /// The address, with the port that the system chose.
    let address: ListenAddress
    private let file: SocketFile?
    /// Whether another process made the socket and keeps using it.
    private let isShared: Bool

    /// Takes over a socket that already listens.
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

    /// Refuses new connections but keeps the descriptor open, since libmicrohttpd may be about to accept one.
    borrowing func refuse() {
        file?.remove()
        // Clients of a shared socket wait for the next process that serves it.
        if isShared { return }
        shutdown(descriptor, Int32(SHUT_RD))
    }

    /// Opens the sockets of an address; a host name may have several.
    static func open(_ address: ListenAddress) throws(ServerError) -> [SharedSocket] {
        switch address.place {
        case .unix(let path): [SharedSocket(try openUnix(path, for: address))]
        case .tcp(let host, let port): try openInternet(host, port: port, for: address)
        }
    }
}

/// A listening socket by reference, as arrays need it.
final class SharedSocket: Sendable {
    let socket: ListeningSocket
    init(_ socket: consuming ListeningSocket) { self.socket = socket }
}

/// A socket that does not listen yet; closed unless it is released.
struct OpenSocket: ~Copyable {
    let descriptor: Int32

    /// `socket`.
    init(family: Int32, for address: ListenAddress) throws(ServerError) {
        let made = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard made >= 0 else { throw listenError(errno, address) }
        descriptor = made
    }

    deinit { close(descriptor) }

    /// Passes the descriptor to the caller.
    consuming func release() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    /// `setsockopt` with an `int`.
    borrowing func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// `bind` and `listen`.
    borrowing func listen(at socketAddress: SocketAddress, for address: ListenAddress) throws(ServerError) {
        let code = unsafe socketAddress.withPointer { unsafe bind(descriptor, $0, $1) }
        guard code == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 else { throw listenError(errno, address) }
    }

    /// The port that the socket is bound to; 0 if unknown.
    borrowing func boundPort() -> UInt16 { SocketAddress(of: descriptor)?.port ?? 0 }
}

/// The error for an `errno` of `socket`, `bind` or `listen`.
func listenError(_ number: Int32, _ address: ListenAddress) -> ServerError {
    switch number {
    case EADDRINUSE: .addressInUse(address)
    case EACCES, EPERM: .notPermitted(address)
    case EADDRNOTAVAIL:
        .cannotListen(address, reason: "this machine has no such address; write one of its own, or :port for all")
    case ENOENT, ENOTDIR:
        .cannotListen(address, reason: "the directory does not exist; create it or choose another path")
    case EMFILE, ENFILE:
        .cannotListen(address, reason: "too many open files; raise the limit (ulimit -n)")
    default: .cannotListen(address, reason: systemText(number))
    }
}

/// The file of a unix socket, identified by its inode.
struct SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    init(path: String) {
        self.path = path
        var facts = stat()
        unsafe lstat(path, &facts)
        device = facts.st_dev
        inode = facts.st_ino
    }

    /// Removes the file unless another one replaced it.
    func remove() {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0, facts.st_dev == device, facts.st_ino == inode else { return }
        _ = unsafe unlink(path)
    }
}
