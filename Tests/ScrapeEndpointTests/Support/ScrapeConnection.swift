import Foundation
import Glibc
import HTTPServer

/// A keep-alive connection to 127.0.0.1 that scrapes on demand.
final class ScrapeConnection {
    private let descriptor: Int32
    private var received: [UInt8] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Answer {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure(description: "cannot connect: errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// One request with these header lines, and its whole answer.
    func request(_ method: String = "GET", _ path: String = "/metrics", headers: [String] = []) throws -> Answer {
        try send(method, path, headers: headers)
        return try answer(hasBody: method != "HEAD")
    }

    func send(_ method: String = "GET", _ path: String = "/metrics", headers: [String] = []) throws {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + headers + ["", ""]
        let request = Array(lines.joined(separator: "\r\n").utf8)
        guard Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Failure(description: "cannot send: errno \(errno)")
        }
    }

    func answer(hasBody: Bool = true) throws -> Answer {
        let blank = Array("\r\n\r\n".utf8)
        let end = try receive { received in received.firstRange(of: blank)?.upperBound }
        let lines = String(decoding: received[..<end], as: UTF8.self).split(separator: "\r\n")
        received.removeFirst(end)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count < 2 ? "" : parts[1].trimmingCharacters(in: .whitespaces)
        }
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
            let length = headers["content-length"].flatMap(Int.init)
        else { throw Failure(description: "no status or length in \(lines)") }
        guard hasBody else { return Answer(status: status, headers: headers, body: []) }
        _ = try receive { received in received.count >= length ? length : nil }
        defer { received.removeFirst(length) }
        return Answer(status: status, headers: headers, body: Array(received[..<length]))
    }

    /// Reads until the condition gives a value.
    private func receive(until isEnough: ([UInt8]) -> Int?) throws -> Int {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            if let value = isEnough(received) { return value }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Failure(description: "the connection ended after \(received.count) bytes") }
            received += buffer[..<count]
        }
    }
}
