// The entry point of libFuzzer for response bodies: splitter, decoders, sanitizing. `.ci/fuzz` compiles it together
// with the module Darktrace.

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
                switch decoder.decode(element, as: ModelBreach.self) {
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
    if case .success(let status) = ElementDecoder().decode(body.span.bytes, as: Status.self) { check(status) }
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

private func check(_ status: Status) {
    precondition(status != Status(), "a status without a value")
    let masters = status.masters.values
    precondition(status.masters.count <= Status.Part.masters.limit, "too many masters")
    let probes = [status.probes] + masters.map(\.probes)
    precondition(probes.reduce(0) { $0 + $1.count } <= Status.Part.probes.limit, "too many probes")
    for system in [status.system] + masters.map(\.system) + probes.flatMap(\.values) {
        for ratio in [system.cpu, system.memory, system.diskUtilization] + system.diskSpace.values.map({ $0 }) {
            if let ratio { precondition((0...1).contains(ratio), "a ratio out of bounds") }
        }
        for quantity in [system.dataQueueSeconds, system.bytesPerSecond, system.uptimeSeconds, system.load] {
            if let quantity { precondition(quantity >= 0 && quantity.isFinite, "a quantity out of bounds") }
        }
        for name in [system.hostname, system.label, system.version] + system.interfaces.keys.map({ $0 }) {
            if let name { precondition((1...200).contains(name.utf8.count), "a text out of bounds") }
        }
    }
    let times = status.licenseEnds.merging(status.protocolsSeenMilliseconds) { one, _ in one }
    for time in times.values { precondition(time >= 0 && time < 253_402_300_800_000, "a time out of bounds") }
}

private func isOneLine(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
}
