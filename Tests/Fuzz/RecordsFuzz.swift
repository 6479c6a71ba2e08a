// The entry point of libFuzzer for response bodies: splitter, decoders, sanitizing. `.ci/fuzz` compiles it together
// with the module Darktrace.

import Values

/// The result of reading a body.
private struct Outcome: Equatable {
    var records: [ModelBreach] = []
    var unreadable: [UnreadableRecord] = []
    var failure: ArraySplitterError?
    var isComplete = false
}

/// Reads a body in pieces of the given size.
private func read(_ body: [UInt8], pieceSize: Int) -> Outcome {
    var outcome = Outcome()
    var splitter = ArraySplitter(elementLimit: 4_096)
    let decoder = ElementDecoder()
    var begin = 0
    do throws(ArraySplitterError) {
        while begin < body.count {
            let piece = Array(body[begin..<min(begin + pieceSize, body.count)])
            begin += piece.count
            try splitter.split(piece.span.bytes) { element in
                let result = decoder.decode(element) { (record) throws(UnreadableRecord) in
                    try ModelBreach(record, readsDetails: true)
                }
                switch result {
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
    precondition(whole == cut, "the result depends on the size of the pieces")
    for record in whole.records { check(record) }
    for problem in whole.unreadable { precondition(isOneLine(problem.detail), "a detail that is not one line") }
    let reader = GaugeRequest(path: "/status", response: .object(maxBytes: 1 << 20)) { check($0) }
        .makeReader { _ in true }
    reader.receive(ResponseHead(status: 200, headers: []))
    _ = reader.receive(body.span.bytes)
    _ = reader.finish(isComplete: true)
    precondition(
        isOneLine("\(SanitizedText(String(decoding: body, as: UTF8.self)))"), "sanitized text that is not one line")
    return 0
}

private func check(_ record: ModelBreach) {
    precondition(record.creationMilliseconds != nil || record.activityMilliseconds != nil, "a record without time")
    for time in [record.creationMilliseconds, record.activityMilliseconds].compactMap({ $0 }) {
        precondition(time > 0 && time < 253_402_300_800_000, "a time out of bounds")
    }
    if let score = record.score { precondition((0...1).contains(score), "a score out of bounds") }
    precondition((1...200).contains(record.model.utf8.count), "a name out of bounds")
    precondition(!record.lacksName || record.model == "unknown", "a record that lacks its name and has one")
}

/// Reads every field in every way, as the tables of gauge feeds do.
private func check(_ fields: JSONFields, depth: Int = 0) {
    for (name, key) in fields.names() {
        precondition(name.utf8.count <= 200, "a name out of bounds")
        if let ratio = fields.percentage(key) { precondition((0...100).contains(ratio), "a ratio out of bounds") }
        for quantity in [fields.number(key, per: 8), fields.count(key), fields.uptime(key), fields.flag(key)] {
            if let quantity { precondition(quantity >= 0 && quantity.isFinite, "a quantity out of bounds") }
        }
        if let text = fields.text(key) { precondition((1...200).contains(text.utf8.count), "a text out of bounds") }
        if let time = fields.time(key) { precondition(time >= 0 && time < 253_402_300_800, "a time out of bounds") }
        if depth < 3, let object = fields.object(key) { check(object, depth: depth + 1) }
    }
    precondition(fields.limit(fields.names(), of: "names", to: 4).count <= 4, "more than the limit")
}

private func isOneLine(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
}
