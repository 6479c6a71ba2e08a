import Foundation
import Synchronization
import TestSupport

/// A relay between one client and a server, which can cut them off from each other.
final class Relay: Sendable {
    /// What it does with connections.
    enum Mode: Sendable {
        case forwarding
        /// Closes them all, and refuses new ones.
        case refusing
        /// Keeps them, as a network does that drops every packet, and delivers late what was sent until then.
        case stalled
    }

    /// Text to be replaced in what clients send; both have the same length.
    struct Replacement: Sendable {
        let old: [UInt8]
        let new: [UInt8]

        /// Fills the replacement up with spaces.
        init(_ old: String, by new: String) {
            self.old = Array(old.utf8)
            self.new = Array(new.padding(toLength: old.utf8.count, withPad: " ", startingAt: 0).utf8)
        }
    }

    /// What the thread that forwards shares with the tests.
    private final class Control: Sendable {
        struct State {
            var mode = Mode.forwarding
            var isOver = false
            var replacements = 0
        }

        let state = Mutex(State())
        let hasEnded = DispatchSemaphore(value: 0)
    }

    /// Where clients connect to: `address:port`.
    let address: String
    private let host = LoopbackAddress.random()
    private static let port: UInt16 = 15_432
    private let control = Control()

    /// - Parameter connect: Returns a new socket that is connected to the server, or -1.
    init(replacing replacement: Replacement? = nil, _ connect: @escaping @Sendable () -> Int32) throws {
        address = "\(host):\(Self.port)"
        let first = try Socket.listening(host, Self.port)
        Thread { [control, host] in
            var listener = first
            var links: [Link] = []
            while !control.state.withLock({ $0.isOver }) {
                switch control.state.withLock({ $0.mode }) {
                case .refusing:
                    if listener >= 0 { close(listener) }
                    listener = -1
                    links.forEach { $0.close() }
                    links = []
                    usleep(20_000)
                case .stalled: usleep(20_000)
                case .forwarding:
                    if listener < 0 { listener = (try? Socket.listening(host, Self.port)) ?? -1 }
                    let count = Self.forward(listener, &links, replacement, connect)
                    control.state.withLock { $0.replacements += count }
                }
            }
            links.forEach { $0.close() }
            if listener >= 0 { close(listener) }
            control.hasEnded.signal()
        }.start()
    }

    /// How often the text was replaced.
    var replacements: Int { control.state.withLock { $0.replacements } }

    func set(_ mode: Mode) { control.state.withLock { $0.mode = mode } }

    deinit {
        control.state.withLock { $0.isOver = true }
        control.hasEnded.wait()
    }

    /// Forwards what arrives within a short time.
    ///
    /// - Returns: How often the text was replaced.
    private static func forward(
        _ listener: Int32, _ links: inout [Link], _ replacement: Replacement?, _ connect: () -> Int32
    ) -> Int {
        let sockets = [listener] + links.flatMap { [$0.client, $0.server] }
        var entries = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&entries, nfds_t(entries.count), 20) > 0 else { return 0 }
        var replacements = 0
        for index in links.indices {
            let (fromClient, fromServer) = (entries[1 + 2 * index].revents, entries[2 + 2 * index].revents)
            var isOpen = true
            if fromClient != 0 {
                isOpen = links[index].pass(from: links[index].client, to: links[index].server) { bytes in
                    if let replacement { replacements += bytes.replace(replacement) }
                }
            }
            if fromServer != 0, isOpen {
                isOpen = links[index].pass(from: links[index].server, to: links[index].client) { _ in }
            }
            if !isOpen { links[index].end() }
        }
        links.removeAll { $0.client < 0 }
        if entries[0].revents != 0, case let client = accept(listener, nil, nil), client >= 0 {
            let server = connect()
            if server >= 0 { links.append(Link(client: client, server: server)) } else { Glibc.close(client) }
        }
        return replacements
    }

    /// One connection on both sides.
    private struct Link {
        private(set) var client: Int32
        private(set) var server: Int32

        init(client: Int32, server: Int32) { (self.client, self.server) = (client, server) }

        /// Passes what has arrived on one side to the other; false at the end of either.
        func pass(from source: Int32, to target: Int32, _ change: (inout [UInt8]) -> Void) -> Bool {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = recv(source, &bytes, bytes.count, 0)
            guard count > 0 else { return false }
            bytes.removeLast(bytes.count - count)
            change(&bytes)
            return Socket.send(bytes, to: target)
        }

        func close() {
            Glibc.close(client)
            Glibc.close(server)
        }

        /// Closes it, and marks it as closed.
        mutating func end() {
            close()
            client = -1
        }
    }
}

extension [UInt8] {
    /// Replaces each occurrence; returns their number.
    fileprivate mutating func replace(_ replacement: Relay.Replacement) -> Int {
        let ranges = self.ranges(of: replacement.old)
        for range in ranges { replaceSubrange(range, with: replacement.new) }
        return ranges.count
    }
}
