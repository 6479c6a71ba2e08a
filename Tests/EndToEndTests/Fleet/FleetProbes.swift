import Foundation
import Synchronization

/// Requests the metrics of each replica several times a second, over sockets, because a curl for each costs too much.
final class FleetProbes: Sendable {
    private let log: ExposureLog
    private let isOver = Atomic(false)
    private let running = DispatchGroup()

    private static let interval = 0.25
    /// As Prometheus gives up after a scrape's timeout.
    private static let timeout = 2.0

    /// - Parameter addresses: Of the replicas, by their number, whether they run or not.
    init(_ addresses: [(host: String, port: UInt16)], log: ExposureLog) {
        self.log = log
        for (replica, address) in addresses.enumerated() {
            running.enter()
            Thread { [self] in
                while !isOver.load(ordering: .relaxed) {
                    let start = log.now
                    if let body = Self.body(address, log) {
                        log.append(Self.observation(of: replica, start: start, end: log.now, body))
                    }
                    usleep(UInt32(max(0, Self.interval - (log.now - start)) * 1_000_000))
                }
                running.leave()
            }.start()
        }
    }

    func stop() {
        isOver.store(true, ordering: .relaxed)
        running.wait()
    }

    /// The response to one request, with its header and a final 0; nil unless it is complete.
    private static func body(_ address: (host: String, port: UInt16), _ log: ExposureLog) -> [UInt8]? {
        let end = log.now + timeout
        let socket = Socket.connected(address.host, address.port)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        let request = "GET /metrics HTTP/1.1\r\nHost: \(address.host)\r\nConnection: close\r\n\r\n"
        guard Socket.send(Array(request.utf8), to: socket) else { return nil }
        var response: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, Int32(max(0, end - log.now) * 1_000)) > 0 else { return nil }
            let count = recv(socket, &chunk, chunk.count, 0)
            guard count >= 0 else { return nil }
            if count == 0 { break }
            response += chunk[..<count]
        }
        guard let header = response.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: response[..<header.lowerBound], as: UTF8.self)
        guard let length = head.firstMatch(of: #/Content-Length: (\d+)/#.ignoresCase()).flatMap({ Int($0.output.1) }),
            head.hasPrefix("HTTP/1.1 200"), response.count == header.upperBound + length
        else { return nil }
        return response + [0]
    }

    private static func observation(of replica: Int, start: Double, end: Double, _ body: [UInt8])
        -> ExposureLog.Observation
    {
        var appliances: Set<String> = []
        var epochs: [String: Int64] = [:]
        eachValue(after: "appliance=\"", in: body) { appliances.insert($0) }
        eachValue(after: "darktrace_lease_epoch{appliance=\"", in: body, through: "\n") { text in
            let parts = text.split(separator: "\"} ")
            if parts.count == 2, let epoch = Int64(parts[1]) { epochs[String(parts[0])] = epoch }
        }
        var isConnected = false
        eachValue(after: "\ndarktrace_exporter_state_up ", in: body, through: "\n") { isConnected = $0 == "1" }
        return ExposureLog.Observation(
            replica: replica, start: start, end: end, epochs: epochs, appliances: appliances, isConnected: isConnected)
    }

    /// Calls `body` with each text between a prefix and the next of these characters, except one that is the same as
    /// the one before.
    private static func eachValue(
        after prefix: String, in text: [UInt8], through end: Character = "\"", _ body: (String) -> Void
    ) {
        text.withUnsafeBytes { bytes in
            guard var rest = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            let length = prefix.utf8.count
            let stop = Int32(end.asciiValue ?? 0)
            var last: (start: UnsafePointer<CChar>, count: Int)?
            while let found = strstr(rest, prefix) {
                let start = UnsafePointer(found) + length
                guard let close = strchr(start, stop) else { return }
                let count = UnsafePointer(close) - start
                if last.map({ $0.count != count || memcmp($0.start, start, count) != 0 }) ?? true {
                    body(String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self))
                }
                last = (start, count)
                rest = start + count
            }
        }
    }
}
