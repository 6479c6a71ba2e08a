import Locking

/// Collects what a logger writes.
final class LogCapture: Sendable {
    private let lines = Locked<[String]>([])

    var texts: [String] { lines.withLock { $0 } }

    func append(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
}
