import Darktrace
import Locking

/// Answers every request with the same response, and records the requests.
final class ScriptedTransport: Transport {
    private let head: ResponseHead?
    private let pieces: [[UInt8]]
    private let failure: TransportError?
    private let kept = Locked<[OutgoingRequest]>([])

    init(
        _ status: Int? = 200, _ body: String = "", headers: [(String, String)] = [],
        failure: TransportError? = nil, pieceSize: Int = 16_384
    ) {
        head = status.map { ResponseHead(status: $0, headers: headers.map { OutgoingRequest.Header($0.0, $0.1) }) }
        let bytes = Array(body.utf8)
        pieces = stride(from: 0, to: bytes.count, by: pieceSize).map {
            Array(bytes[$0..<min($0 + pieceSize, bytes.count)])
        }
        self.failure = failure
    }

    var requests: [OutgoingRequest] { kept.withLock { $0 } }

    func send(_ request: OutgoingRequest, to sink: any ResponseSink) async -> TransportResult {
        kept.withLock { $0.append(request) }
        guard let head else { return TransportResult(failure: failure) }
        sink.receive(head)
        var count = 0
        for piece in pieces {
            count += piece.count
            if !sink.receive(piece.span.bytes) {
                return TransportResult(
                    head: head, failure: TransportError(.rejectedBySink, "the rest was rejected"), bodyBytes: count)
            }
        }
        return TransportResult(head: head, failure: failure, bodyBytes: count)
    }
}

/// The records that a client passed on.
final class RecordCollector: Sendable {
    private let results = Locked<[Result<ModelBreach, UnreadableRecord>]>([])

    var all: [Result<ModelBreach, UnreadableRecord>] { results.withLock { $0 } }
    var breaches: [ModelBreach] { all.compactMap { try? $0.get() } }

    func add(_ result: Result<ModelBreach, UnreadableRecord>) {
        results.withLock { $0.append(result) }
    }
}

/// One attempt with a scripted response.
func ask(
    _ transport: ScriptedTransport, into collected: RecordCollector = RecordCollector(), limit: Int = .max,
    settingName: @escaping @Sendable (String) -> String = { $0 }
) async -> Attempt {
    let client = Client(
        transport: transport, dateFormat: .spaced, timeout: 30, userAgent: "tests/1", settingName: settingName)
    return await client.send(
        ModelBreachesRequest(startMilliseconds: 1_768_467_000_000, endMilliseconds: 1_768_470_600_000),
        credentials: Credentials(publicToken: "public-token", privateToken: "private-token"),
        wallMilliseconds: 1_768_469_400_000
    ) { result in
        collected.add(result)
        return collected.all.count < limit
    }
}
