import Glibc
import Locking

/// A server that sends given bytes, on 127.0.0.1 and without TLS; each connection has a thread.
final class RawServer: Sendable {
    let port: Int
    private let listener: Int32
    private let open = Locked<Set<Int32>>([])

    /// - Parameter serve: Gets each connection; afterwards it is closed.
    init(serve: @escaping @Sendable (RawConnection) -> Void) throws {
        let (listener, port) = try boundSocket()
        guard listen(listener, 16) == 0 else { throw RawServerError(code: errno) }
        self.listener = listener
        self.port = port
        start { [self] in
            while case let socket = accept(listener, nil, nil), socket >= 0 {
                open.withLock { _ = $0.insert(socket) }
                start { [self] in
                    serve(RawConnection(socket: socket))
                    if open.withLock({ $0.remove(socket) }) != nil { close(socket) }
                }
            }
        }
    }

    /// A port where connections are taken by the kernel and no one responds.
    convenience init(silent: Void) throws {
        try self.init { connection in connection.waitForEnd() }
    }

    /// Answers every request of every connection with the same bytes, then closes.
    convenience init(answering bytes: [UInt8]) throws {
        try self.init { connection in
            _ = connection.readHead()
            connection.write(bytes)
        }
    }

    convenience init(answering text: String) throws { try self.init(answering: Array(text.utf8)) }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for socket in open.withLock({ $0 }) { shutdown(socket, Int32(SHUT_RDWR)) }
    }

}

/// A port on which nothing listens, and no other socket can as long as this exists.
final class UnusedPort: Sendable {
    let number: Int
    private let socket: Int32

    init() throws { (socket, number) = try boundSocket() }

    deinit { close(socket) }
}

/// A socket on 127.0.0.1 that does not listen yet, and its port.
private func boundSocket() throws -> (Int32, Int) {
    let bound = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(bound, $0, length) == 0 && getsockname(bound, $0, &length) == 0
        }
    }
    guard isBound else { throw RawServerError(code: errno) }
    return (bound, Int(UInt16(bigEndian: address.sin_port)))
}

struct RawServerError: Error { let code: Int32 }

/// One connection of a `RawServer`.
struct RawConnection: Sendable {
    let socket: Int32

    /// Everything up to the empty line; empty when the connection ends before.
    func readHead() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(socket, &byte, 1) == 1 {
            bytes.append(byte)
            if bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) { return String(decoding: bytes, as: UTF8.self) }
        }
        return ""
    }

    /// Reads what arrives first.
    func readSome() {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        _ = read(socket, &bytes, bytes.count)
    }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    func waitForEnd() {
        var byte: UInt8 = 0
        while read(socket, &byte, 1) == 1 {}
    }

    /// Ends the connection, with the end of TCP or with a reset.
    func end(resetting: Bool) {
        if resetting {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            // The owner of the socket closes it, which then resets the connection.
            shutdown(socket, Int32(SHUT_RD))
        } else {
            shutdown(socket, Int32(SHUT_RDWR))
        }
    }

    /// Lets the kernel drop every packet that arrives from now on, so that nothing is acknowledged.
    func dropPackets() {
        // `linux/filter.h` is not part of Glibc: a `sock_fprog` with one `sock_filter`, which keeps 0 bytes of a packet.
        let attachFilter: Int32 = 26
        var keepNothing: UInt64 = 0x06
        withUnsafePointer(to: &keepNothing) { instruction in
            var program: (count: UInt64, instruction: UnsafePointer<UInt64>) = (1, instruction)
            setsockopt(socket, SOL_SOCKET, attachFilter, &program, socklen_t(MemoryLayout.size(ofValue: program)))
        }
    }

    /// Carries bytes both ways to a local port until either side ends.
    func tunnel(to port: Int) {
        let other = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(other) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(other, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { return }
        var ends = [socket, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while poll(&ends, 2, -1) > 0 {
            for (from, to) in [(0, 1), (1, 0)] where ends[from].revents != 0 {
                let count = read(ends[from].fd, &buffer, buffer.count)
                guard count > 0 else { return }
                RawConnection(socket: ends[to].fd).write(Array(buffer[..<count]))
            }
        }
    }
}

/// Runs `body` on a thread of its own, because it blocks.
func start(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Box(body)).toOpaque()
    pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, context)
    pthread_detach(thread)
}
