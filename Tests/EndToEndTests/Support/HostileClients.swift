import Foundation
import Synchronization

/// Many connections from one thread that send requests again and again, and read the responses or never do.
final class HostileClients: Sendable {
    /// What the responses were so far.
    struct Count: Sendable {
        var statuses: [String: Int] = [:]
        /// Responses with status 503 that tell when to try again.
        var retryable = 0
        /// Connections that sent their request and read nothing.
        var unread = 0
    }

    private let count = Mutex(Count())
    private let isOver = Atomic(false)
    private let hasEnded = DispatchSemaphore(value: 0)

    /// Seconds between a response and the next request of a connection.
    private static let pause = 3.0

    /// Starts them.
    ///
    /// - Parameters:
    ///   - reads: whether they read responses; otherwise they keep a small buffer full.
    ///   - request: what a connection sends, by its number and turn.
    init(_ number: Int, port: UInt16, reads: Bool, request: @escaping @Sendable (Int, Int) -> String) {
        Self.raiseDescriptorLimit()
        Thread { [self] in
            var clients = (0..<number).map { Client(number: $0) }
            while !isOver.load(ordering: .relaxed) {
                for index in clients.indices where clients[index].socket < 0 && clients[index].isDue {
                    clients[index].connect(port, request(index, clients[index].turn))
                }
                let open = clients.indices.filter { clients[$0].socket >= 0 && (reads || !clients[$0].isSent) }
                var entries = open.map { pollfd(fd: clients[$0].socket, events: clients[$0].events, revents: 0) }
                _ = poll(&entries, nfds_t(entries.count), 20)
                for (index, entry) in zip(open, entries) where entry.revents != 0 {
                    guard let response = clients[index].proceed(pause: Self.pause) else {
                        if clients[index].isSent, !reads { count.withLock { $0.unread += 1 } }
                        continue
                    }
                    let status = response.split(separator: " ").dropFirst().first.map(String.init) ?? "none"
                    count.withLock { count in
                        count.statuses[status, default: 0] += 1
                        if status == "503", response.contains("Retry-After: ") { count.retryable += 1 }
                    }
                }
            }
            for client in clients { client.end() }
            hasEnded.signal()
        }.start()
    }

    var counts: Count { count.withLock { $0 } }

    /// Closes all connections.
    func stop() {
        isOver.store(true, ordering: .relaxed)
        hasEnded.wait()
    }

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 4_096))
        setrlimit(resource, &limit)
    }

    /// One connection after the other.
    private struct Client {
        let number: Int
        var turn = 0
        var socket: Int32 = -1
        private var unsent: ArraySlice<UInt8> = []
        private var due = ContinuousClock.now

        var isDue: Bool { .now >= due }
        var isSent: Bool { unsent.isEmpty }
        var events: Int16 { Int16(isSent ? POLLIN : POLLOUT) }

        init(number: Int) { self.number = number }

        mutating func connect(_ port: UInt16, _ request: String) {
            turn += 1
            unsent = Array(request.utf8)[...]
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            var size: Int32 = 2_048
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            withUnsafePointer(to: &address) {
                _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }

        /// Sends or receives; returns a response, empty for a connection that was closed without one.
        mutating func proceed(pause: Double) -> String? {
            if !isSent {
                let sent = unsent.withUnsafeBytes {
                    send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if sent >= 0 { unsent = unsent.dropFirst(sent) }
                if sent >= 0 || errno == EAGAIN { return nil }
                return finish([], pause)
            }
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let received = recv(socket, &bytes, bytes.count, 0)
            return finish(bytes.prefix(max(0, received)), pause)
        }

        private mutating func finish(_ bytes: ArraySlice<UInt8>, _ pause: Double) -> String {
            end()
            socket = -1
            due = .now + .seconds(pause)
            return String(decoding: bytes, as: UTF8.self)
        }

        func end() { if socket >= 0 { close(socket) } }
    }
}
