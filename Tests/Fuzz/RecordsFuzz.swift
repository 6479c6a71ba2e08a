// The entry point of libFuzzer for the way of a body: splitter, record decoder, repair. `.ci/fuzz` compiles it together
// with those files of the module Darktrace that it is about.

/// What came of a body.
private struct Outcome: Equatable {
    var records: [ModelBreach] = []
    var unreadable: [UnreadableRecord] = []
    var failure: SplitFailure?
    var isComplete = false
}

/// Reads a body in pieces of the given size.
private func read(_ body: [UInt8], pieceSize: Int) -> Outcome {
    var outcome = Outcome()
    var splitter = ArraySplitter(elementLimit: 4_096)
    let decoder = ElementDecoder()
    var begin = 0
    do throws(SplitFailure) {
        while begin < body.count {
            let piece = Array(body[begin..<min(begin + pieceSize, body.count)])
            begin += piece.count
            try splitter.split(piece.span.bytes) { element in
                switch decoder.read(element, as: ModelBreach.self) {
                case .success(let record): outcome.records.append(record)
                case .failure(let problem): outcome.unreadable.append(problem)
                }
                return true
            }
        }
        outcome.isComplete = splitter.isComplete
    } catch {
        outcome.failure = error
    }
    return outcome
}

/// `LLVMFuzzerTestOneInput`: the first byte is the size of the pieces, the rest is the body.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRecords(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let bytes, count > 0 else { return 0 }
    let body = Array(UnsafeBufferPointer(start: bytes + 1, count: count - 1))
    let whole = read(body, pieceSize: max(1, body.count))
    let cut = read(body, pieceSize: Int(bytes[0]) + 1)
    precondition(whole == cut, "the pieces make a difference")
    for record in whole.records { check(record) }
    for problem in whole.unreadable { precondition(isOneLine(problem.detail), "a detail that is no line") }
    precondition(isOneLine("\(SafeLine(String(decoding: body, as: UTF8.self)))"), "a safe line that is not safe")
    return 0
}

private func check(_ record: ModelBreach) {
    precondition(record.creationMilliseconds != nil || record.activityMilliseconds != nil, "a record without time")
    for time in [record.creationMilliseconds, record.activityMilliseconds].compactMap({ $0 }) {
        precondition(time > 0 && time < 253_402_300_800_000, "a time out of bounds")
    }
    if let score = record.score { precondition((0...1).contains(score), "a score out of bounds") }
    precondition((1...200).contains(record.model.utf8.count), "a name out of bounds")
    precondition(!record.lacksName || record.model == "unknown", "a missing name with text")
}

private func isOneLine(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
}
