import Glibc
import Values

extension ListeningSocket {
    /// Listens on every address of a host name; without a name on every address of the machine, with one socket for
    /// IPv4 and IPv6 if the machine has both.
    static func openInternet(
        _ host: String?, port: UInt16, for address: ListenAddress
    ) throws(ServerError) -> [SharedSocket] {
        let candidates = try SocketAddress.resolve(host, port: port, for: address)
        guard host != nil else {
            // The IPv6 wildcard also accepts IPv4, so it is tried first.
            let ordered = candidates.filter { $0.family == AF_INET6 } + candidates.filter { $0.family != AF_INET6 }
            return [try openFirst(ordered, for: address)]
        }
        // The system chooses port 0 for the first address; it may be in use on the others, so try again.
        var attempts = port == 0 && candidates.count > 1 ? 16 : 1
        while true {
            attempts -= 1
            do { return try openAll(candidates, for: address) } catch {
                guard attempts > 0, case .addressInUse = error else { throw error }
            }
        }
    }

    private static func openFirst(_ candidates: [SocketAddress], for address: ListenAddress) throws(ServerError)
        -> SharedSocket
    {
        var last = ServerError.unresolvable(address, reason: "no address")
        for candidate in candidates {
            do { return SharedSocket(try open(candidate, for: address)) } catch {
                guard case .cannotListen = error else { throw error }
                last = error
            }
        }
        throw last
    }

    /// Skips addresses that this machine does not have (`localhost` without IPv6), unless it has none of them.
    private static func openAll(_ candidates: [SocketAddress], for address: ListenAddress) throws(ServerError)
        -> [SharedSocket]
    {
        var sockets: [SharedSocket] = []
        var last = ServerError.unresolvable(address, reason: "no address")
        for var candidate in candidates {
            if candidate.port == 0, let first = sockets.first { candidate.port = first.socket.address.port ?? 0 }
            do { sockets.append(SharedSocket(try open(candidate, for: address))) } catch {
                guard case .cannotListen = error else { throw error }
                last = error
            }
        }
        guard !sockets.isEmpty else { throw last }
        return sockets
    }

    private static func open(
        _ socketAddress: SocketAddress, for address: ListenAddress
    ) throws(ServerError) -> Self {
        let socket = try OpenSocket(family: socketAddress.family, for: address)
        // Connections of a previous process in TIME_WAIT must not prevent a restart; a listener still does.
        socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        if socketAddress.family == AF_INET6 { socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        try socket.listen(at: socketAddress, for: address)
        let bound = ListenAddress(.tcp(host: address.host, port: socket.boundPort()))
        return ListeningSocket(socket, at: bound)
    }
}

extension ListeningSocket {
    /// Listens at a path with access for owner and group; replaces the file of a process that ended.
    static func openUnix(_ path: String, for address: ListenAddress) throws(ServerError) -> Self {
        let socketAddress = SocketAddress(unixPath: path)
        try removeStale(path, socketAddress, for: address)
        let socket = try OpenSocket(family: AF_UNIX, for: address)
        // Linux creates the file with the socket's mode less the umask, so there is no time with wider access.
        fchmod(socket.descriptor, 0o660)
        try socket.listen(at: socketAddress, for: address)
        _ = unsafe chmod(path, 0o660)
        return ListeningSocket(socket, at: address, file: SocketFile(path: path))
    }

    /// Removes a socket file without a listener.
    private static func removeStale(
        _ path: String, _ socketAddress: SocketAddress, for address: ListenAddress
    ) throws(ServerError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .fileInTheWay(address) }
        let probe = try OpenSocket(family: AF_UNIX, for: address)
        let code = unsafe socketAddress.withPointer { unsafe connect(probe.descriptor, $0, $1) }
        // Any other error means a listener: its backlog is full, or its permissions refuse us.
        guard code != 0, errno == ECONNREFUSED else { throw .addressInUse(address) }
        _ = unsafe unlink(path)
    }
}

extension ListeningSocket {
    /// Takes over a listening TCP or unix socket that another process made.
    ///
    /// - Throws: `badDescriptor`; the descriptor then stays open.
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
        // libmicrohttpd must not block in accept, and child processes must not inherit the socket.
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw .badDescriptor(descriptor, reason: systemText(errno)) }
        return ListeningSocket(adopted: descriptor, at: address)
    }

    /// `getsockopt` with an `int`; nil if the descriptor is not a socket.
    private static func option(_ option: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
    }
}
