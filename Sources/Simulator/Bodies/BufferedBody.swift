import HTTPServer
import Locking

/// Bytes that stand in memory, as a body to pull.
final class BufferedBody: BodyStream {
    private let rest: Locked<[UInt8]?>

    init(_ bytes: [UInt8]) { rest = Locked(bytes) }

    func next() -> StreamChunk {
        rest.withLock { rest in
            defer { rest = nil }
            guard let bytes = rest, !bytes.isEmpty else { return .end }
            return .bytes(bytes)
        }
    }
}
