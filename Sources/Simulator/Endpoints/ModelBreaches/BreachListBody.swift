import HTTPServer
import Locking

/// The list of breaches, written while it is sent.
final class BreachListBody: BodyStream {
    private struct State {
        var sequence: BreachSequence
        var batch: ArraySlice<Breach> = []
        var hasBegun = false
        var hasRecords = false
        var hasEnded = false
    }
    private let state: Locked<State>
    private let record: BreachRecord
    private let style: ListStyle

    private static let pieceBytes = 16_384

    init(_ sequence: BreachSequence, as record: BreachRecord, style: ListStyle) {
        state = Locked(State(sequence: sequence))
        self.record = record
        self.style = style
    }

    func next() -> StreamChunk {
        state.withLock { state in
            guard !state.hasEnded else { return .end }
            var bytes: [UInt8] = []
            if !state.hasBegun { bytes.append(contentsOf: style.opening) }
            state.hasBegun = true
            while bytes.count < Self.pieceBytes {
                if let breach = state.batch.popFirst() {
                    for _ in 0..<style.copies {
                        if state.hasRecords { bytes.append(contentsOf: style.separator) }
                        state.hasRecords = true
                        record.json(breach).write(to: &bytes)
                    }
                } else if let batch = state.sequence.nextBatch() {
                    state.batch = batch[...]
                } else if style.isEndless {
                    bytes.append(contentsOf: state.hasRecords ? ",{}".utf8 : "{}".utf8)
                    state.hasRecords = true
                } else {
                    bytes.append(contentsOf: style.closing)
                    state.hasEnded = true
                    break
                }
            }
            return .bytes(bytes)
        }
    }
}

/// How a list is laid out.
struct ListStyle: Sendable {
    var opening: [UInt8] = Array("[".utf8)
    var separator: [UInt8] = Array(",".utf8)
    var closing: [UInt8] = Array("]".utf8)
    /// How often each record is listed.
    var copies = 1
    /// Goes on with empty objects when there is nothing left.
    var isEndless = false
}
