import Glibc
import Values

extension ListeningSocket {
    /// Takes over a socket that somebody else has made and listens on, of TCP or the unix kind.
    ///
    /// - Throws: `badDescriptor`; what is no socket stays open, since it is somebody's.
    static func adopt(_ descriptor: Int32) throws(ServerError) -> Self {
        guard option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue) else {
            throw .badDescriptor(descriptor, reason: "it is no stream socket; write ListenStream in the unit")
        }
        guard option(SO_ACCEPTCONN, of: descriptor) == 1 else {
            throw .badDescriptor(descriptor, reason: "it does not listen; write Accept=no in the unit")
        }
        guard let address = SocketAddress(of: descriptor)?.listenAddress else {
            throw .badDescriptor(descriptor, reason: "it is neither TCP nor a unix socket")
        }
        // libmicrohttpd accepts until there is nothing more to accept, and a child must not inherit it.
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw .badDescriptor(descriptor, reason: systemText(errno)) }
        return ListeningSocket(adopted: descriptor, at: address)
    }

    /// Stands for `getsockopt` with an `int`; nil for what is no socket.
    private static func option(_ option: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
    }
}

extension SocketAddress {
    /// What a socket is bound to. Stands for `getsockname`.
    init?(of descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address: SocketAddress? = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { storage in
                guard unsafe getsockname(descriptor, storage, &length) == 0 else { return nil }
                return unsafe SocketAddress(copying: storage, length: length)
            }
        }
        guard let address else { return nil }
        self = address
    }

    /// As it is written on a command line; an abstract unix socket begins with `@`, and nil is another family.
    var listenAddress: ListenAddress? {
        if family == AF_UNIX { return ListenAddress(.unix(path: unixPath)) }
        guard isInternet else { return nil }
        let host = unsafe withPointer { address, length -> String? in
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
                guard let start = buffer.baseAddress,
                    unsafe getnameinfo(address, length, start, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
                else { return nil }
                return unsafe String(cString: start)
            }
        }
        return ListenAddress(.tcp(host: host, port: port))
    }
}
