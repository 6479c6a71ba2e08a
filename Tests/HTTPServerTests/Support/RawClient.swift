import Glibc
import HTTPServer
import Values

/// A socket that a test drives byte by byte; it knows nothing of HTTP.
final class RawClient: Sendable {
    let descriptor: Int32

    enum Failure: Error {
        case noSocket(Int32)
        case refused(Int32)
    }

    /// Connects to 127.0.0.1, `::1`, or the path of a unix socket; `source` is an IPv4 address of this machine.
    init(
        _ address: ListenAddress, version6: Bool = false, receiveBuffer: Int32? = nil, from source: String? = nil
    ) throws {
        if let port = address.port {
            descriptor = try Self.connectInternet(
                port: port, version6: version6, receiveBuffer: receiveBuffer, source: source)
        } else {
            descriptor = try Self.connectUnix(String(address.description.dropFirst(5)))
        }
    }

    deinit { close(descriptor) }

    private static func connectInternet(
        port: UInt16, version6: Bool, receiveBuffer: Int32?, source: String?
    ) throws -> Int32 {
        let descriptor = socket(version6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.noSocket(errno) }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        if let source {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            inet_pton(AF_INET, source, &address.sin_addr)
            bind(descriptor, &address)
        }
        let code: Int32
        if version6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            code = connect(descriptor, &address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
            code = connect(descriptor, &address)
        }
        guard code == 0 else {
            let reason = errno
            close(descriptor)
            throw Failure.refused(reason)
        }
        return descriptor
    }

    private static func connectUnix(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.noSocket(errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        guard connect(descriptor, &address) == 0 else {
            let reason = errno
            close(descriptor)
            throw Failure.refused(reason)
        }
        return descriptor
    }

    private static func bind(_ descriptor: Int32, _ address: inout sockaddr_in) {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    /// Sends all of it, or as much as the server takes; false when the connection is over.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// How a wait for bytes ended.
    enum End: Equatable {
        case enough
        case closed
        case reset
        case timeout
    }

    /// Reads until the condition holds, the connection ends, or the time is over.
    func read(
        seconds: Double = 10, until isEnough: ([UInt8]) -> Bool = { _ in false }
    ) -> (bytes: [UInt8], end: End) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while !isEnough(bytes) {
            let left = clock.now.duration(to: deadline)
            guard left > .zero else { return (bytes, .timeout) }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            guard poll(&entry, 1, Int32(milliseconds) + 1) > 0 else { return (bytes, .timeout) }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return (bytes, .closed) }
            if count < 0 { return (bytes, errno == ECONNRESET ? .reset : .closed) }
            bytes += buffer.prefix(count)
        }
        return (bytes, .enough)
    }

    /// Reads one answer whose length is declared, or until the end.
    func answer(seconds: Double = 10, toHead: Bool = false) -> Answer {
        let (bytes, end) = read(seconds: seconds) { bytes in Answer(bytes, toHead: toHead).isWhole }
        return Answer(bytes, toHead: toHead, end: end)
    }

    /// Sends a GET and reads its answer.
    func get(_ target: String, headers: String = "", method: String = "GET") -> Answer {
        send("\(method) \(target) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
        return answer(toHead: method == "HEAD")
    }
}

extension RawClient {
    /// Reads and forgets until the end, a number of bytes, or ten seconds of nothing; answers the count.
    func drain(atMost limit: Int = .max) -> Int {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var count = 0
        while count < limit {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, count == 0 ? 10_000 : 1_000) > 0 else { break }
            let read = recv(descriptor, &buffer, buffer.count, 0)
            guard read > 0 else { break }
            count += read
        }
        return count
    }
}
