import CMicroHTTPD
import Glibc
import Values

/// A `struct sockaddr` of any family, by value.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    var family: Int32 { Int32(storage.ss_family) }

    /// Copies an address, at most as many bytes as fit.
    init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.length = min(length, socklen_t(MemoryLayout<sockaddr_storage>.size))
        unsafe withUnsafeMutableBytes(of: &storage) { [count = Int(self.length)] storage in
            unsafe storage.copyMemory(from: UnsafeRawBufferPointer(start: address, count: count))
        }
    }

    /// Copies the address of a peer, for which libmicrohttpd gives no length; only the family of a unix socket.
    init(peer: UnsafePointer<sockaddr>) {
        let length =
            switch unsafe Int32(peer.pointee.sa_family) {
            case AF_INET: MemoryLayout<sockaddr_in>.size
            case AF_INET6: MemoryLayout<sockaddr_in6>.size
            default: MemoryLayout<sa_family_t>.size
            }
        unsafe self.init(copying: peer, length: socklen_t(length))
    }

    /// The address of a unix socket; `ListenAddress` checked the length of the path.
    init(unixPath path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            unsafe buffer.copyBytes(from: path.utf8.prefix(buffer.count - 1))
        }
        self = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe SocketAddress(copying: address, length: socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// `getaddrinfo`: the addresses of a name, or the wildcards without one; may query a name server.
    static func resolve(_ host: String?, port: UInt16, for address: ListenAddress) throws(ServerError) -> [Self] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            throw .unresolvable(address, reason: unsafe String(cString: gai_strerror(code)))
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [Self] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let bytes = unsafe entry.pointee.ai_addr {
                found.append(unsafe Self(copying: bytes, length: entry.pointee.ai_addrlen))
            }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    /// Calls a function that takes a `struct sockaddr *` and its length.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }

    /// The TCP port, 0 for other families.
    var port: UInt16 {
        get {
            unsafe withUnsafeBytes(of: storage) { bytes in
                // The third and fourth byte of both sockaddr_in and sockaddr_in6, in network order.
                isInternet ? unsafe UInt16(bytes[2]) << 8 | UInt16(bytes[3]) : 0
            }
        }
        set {
            guard isInternet else { return }
            unsafe withUnsafeMutableBytes(of: &storage) { bytes in
                unsafe bytes[2] = UInt8(newValue >> 8)
                unsafe bytes[3] = UInt8(newValue & 0xff)
            }
        }
    }

    /// The path of a unix socket; empty without one.
    var unixPath: String {
        let start = MemoryLayout<sa_family_t>.size
        return unsafe withUnsafeBytes(of: storage) { bytes in
            let path = unsafe bytes[start..<max(start, Int(length))]
            guard let first = unsafe path.first else { return "" }
            // An abstract name starts with a zero byte and may contain more of them.
            if first == 0 { return unsafe "@" + String(decoding: path.dropFirst(), as: UTF8.self) }
            return unsafe String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    var isInternet: Bool { family == AF_INET || family == AF_INET6 }

    /// The IPv4 address, also one mapped to IPv6, or the IPv6 /64 network; empty for other families.
    var network: [UInt8] {
        unsafe withUnsafeBytes(of: storage) { bytes in
            switch family {
            case AF_INET: return unsafe Array(bytes[4..<8])
            case AF_INET6: return unsafe isMapped(bytes) ? Array(bytes[20..<24]) : Array(bytes[8..<16])
            default: return []
            }
        }
    }

    /// Whether the address is on this machine: 127.0.0.0/8, also mapped to IPv6, `::1`, or a unix socket.
    var isLoopback: Bool {
        unsafe withUnsafeBytes(of: storage) { bytes in
            switch family {
            case AF_UNIX: return true
            case AF_INET: return unsafe bytes[4] == 127
            case AF_INET6:
                if unsafe isMapped(bytes) { return unsafe bytes[20] == 127 }
                return unsafe bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
            default: return false
            }
        }
    }

    /// Whether an IPv6 address is an IPv4 address (`::ffff:0:0/96`).
    private func isMapped(_ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe bytes[8..<18].allSatisfy { $0 == 0 } && bytes[18] == 255 && bytes[19] == 255
    }
}

extension SocketAddress {
    /// `getsockname`: the address that a socket is bound to.
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

    /// The form of the command line; an abstract unix socket starts with `@`; nil for other families.
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
