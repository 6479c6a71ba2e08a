import HTTPServer
import Synchronization

/// Counts calls.
final class Counter: Sendable {
    private let value = Atomic(0)

    var count: Int { value.load(ordering: .relaxed) }

    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}

/// So many bytes of a list, in pieces; the list never closes.
struct EndlessBody: BodyStream {
    private static let record = "{\"pbid\":1,\"time\":1000},"
    private static let piece = Array(String(repeating: record, count: 700).utf8)
    private let pulls = Counter()
    let limit: Int

    func next() -> StreamChunk {
        let count = pulls.next()
        if count == 1 { return .bytes(Array("[".utf8)) }
        return count * Self.piece.count < limit ? .bytes(Self.piece) : .end
    }
}
