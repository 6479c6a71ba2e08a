import Glibc
import Values

/// A `struct sockaddr` of any family, by value.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    var family: Int32 { Int32(storage.ss_family) }

    /// Copies what an address points at, no more than fits.
    init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.length = min(length, socklen_t(MemoryLayout<sockaddr_storage>.size))
        unsafe withUnsafeMutableBytes(of: &storage) { [count = Int(self.length)] storage in
            unsafe storage.copyMemory(from: UnsafeRawBufferPointer(start: address, count: count))
        }
    }

    /// Copies a peer's address, whose length libmicrohttpd keeps to itself; of a unix socket only the family.
    init(peer: UnsafePointer<sockaddr>) {
        let length =
            switch unsafe Int32(peer.pointee.sa_family) {
            case AF_INET: MemoryLayout<sockaddr_in>.size
            case AF_INET6: MemoryLayout<sockaddr_in6>.size
            default: MemoryLayout<sa_family_t>.size
            }
        unsafe self.init(copying: peer, length: socklen_t(length))
    }

    /// The address of a unix socket; the path has been measured.
    init(unixPath path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: path.utf8.prefix(room.count - 1))
        }
        self = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe SocketAddress(copying: address, length: socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// The addresses of a name, or the wildcards without one. Stands for `getaddrinfo`; may ask a name server.
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

    /// Runs a call that takes a `struct sockaddr *` and its length.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }

    /// The TCP port, 0 for other families.
    var port: UInt16 {
        get {
            unsafe withUnsafeBytes(of: storage) { bytes in
                // `sockaddr_in` and `sockaddr_in6` both keep it in the third and fourth byte, in network order.
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
            // An abstract name begins with a zero and may hold more of them.
            if first == 0 { return unsafe "@" + String(decoding: path.dropFirst(), as: UTF8.self) }
            return unsafe String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    var isInternet: Bool { family == AF_INET || family == AF_INET6 }

    /// Whether it is this machine's own: 127.0.0.0/8, also as IPv6 writes it, `::1`, or a unix socket.
    var isLoopback: Bool {
        unsafe withUnsafeBytes(of: storage) { bytes in
            switch family {
            case AF_UNIX: return true
            case AF_INET: return unsafe bytes[4] == 127
            case AF_INET6:
                let address = unsafe bytes[8..<24]
                let isMapped =
                    unsafe address.prefix(10).allSatisfy { $0 == 0 } && address[18] == 255
                    && address[19] == 255
                if isMapped { return unsafe address[20] == 127 }
                return unsafe address.dropLast().allSatisfy { $0 == 0 } && address.last == 1
            default: return false
            }
        }
    }
}
