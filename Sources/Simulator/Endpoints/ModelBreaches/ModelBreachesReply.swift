import HTTPServer
import Locking

/// `GET /modelbreaches` and `GET /modelbreaches/{pbid}`.
struct ModelBreachesReply {
    var appliance: Appliance
    var faults: ActiveFaults

    func response(_ items: QueryItems, pathID: String?) -> Response {
        let now = appliance.world.now
        let query: BreachQuery
        do {
            if faults.isOn(.refusesCreationTime), items["creationtime"] != nil { throw InputError() }
            var read = try BreachQuery(items, now: appliance.shownTime(at: now), pathID: pathID)
            if faults.isOn(.ignoresCreationTime) { read.byCreation = false }
            query = read
        } catch {
            return Reply.error("INPUT ERROR", path: "/modelbreaches")
        }
        let scope = BreachSequence.Scope(
            population: appliance.population, skew: appliance.skew, now: now, annotations: appliance.annotations,
            excludesEnd: faults.isOn(.exclusiveEnd), isDescending: faults.isOn(.descending))
        let record = BreachRecord(form: query.form, scope: scope, quirks: quirks, hostName: appliance.hostName)
        if let id = query.id {
            guard let breach = BreachSequence.find(id, in: scope) else { return Reply.notFound("Not found") }
            return Reply.json(record.json(breach))
        }
        var sequence = BreachSequence(query, in: scope)
        if query.isGroupedByDevice {
            let breaches = sequence.groupedByDevice()
            sequence = sequence.containing(breaches)
        }
        return Reply.stream(BreachListBody(sequence, as: record, style: style))
    }

    private var quirks: RecordQuirks {
        RecordQuirks(
            shortFormLacks: Set(faults.words(.shortFormLacks)), hasUnknownFields: faults.isOn(.unknownFields),
            paddingBytes: Int(faults.number(.padding) ?? 0),
            writesNumbersAsText: ["breaches", "all"].contains(faults.value(.numbersAsText)),
            hasBareDevices: faults.isOn(.bareDevices), renamesModels: faults.isOn(.renamedModels),
            lacksPercentScore: faults.isOn(.noPercentScore))
    }

    private var style: ListStyle {
        var style = ListStyle()
        if faults.isOn(.whitespace) {
            style.opening = Array("\r\n [ \n\t".utf8)
            style.separator = Array(" ,\n\t".utf8)
            style.closing = Array("\n]\r\n \n".utf8)
        }
        if faults.isOn(.trailingGarbage) { style.closing += Array("[]\n<!-- served by node 3 -->".utf8) }
        if faults.isOn(.repeatedRecords) { style.copies = 2 }
        style.isEndless = faults.isOn(.endless)
        return style
    }
}

/// The list of breaches, generated while it is sent.
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

/// The layout of a list.
struct ListStyle: Sendable {
    var opening: [UInt8] = Array("[".utf8)
    var separator: [UInt8] = Array(",".utf8)
    var closing: [UInt8] = Array("]".utf8)
    /// The number of copies of each record.
    var copies = 1
    /// Whether empty objects follow without end.
    var isEndless = false
}
