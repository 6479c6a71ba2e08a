import CurlTransport
import Darktrace
import Locking

/// Keeps what an exchange hands over.
final class Recorder: ResponseSink {
    private let state: Locked<State>

    private struct State {
        var heads: [ResponseHead] = []
        var body: [UInt8] = []
        var byteCount = 0
        let keeps: Bool
        let limit: Int
    }

    /// - Parameters:
    ///   - keepsBody: Otherwise its bytes are only counted.
    ///   - limit: After so many bytes no more are wanted.
    init(keepsBody: Bool = true, limit: Int = .max) {
        state = Locked(State(keeps: keepsBody, limit: limit))
    }

    var heads: [ResponseHead] { state.withLock { $0.heads } }
    var text: String { state.withLock { String(decoding: $0.body, as: UTF8.self) } }
    var byteCount: Int { state.withLock { $0.byteCount } }

    func receive(_ head: ResponseHead) {
        state.withLock { $0.heads.append(head) }
    }

    func receive(_ piece: RawSpan) -> Bool {
        state.withLock { state in
            state.byteCount += piece.byteCount
            if state.keeps { piece.withUnsafeBytes { state.body.append(contentsOf: $0) } }
            return state.byteCount <= state.limit
        }
    }
}

extension CurlTransport {
    /// One exchange with everything by default.
    func get(
        _ target: String = "/modelbreaches", headers: [OutgoingRequest.Header] = [], timeout: Double = 30,
        to recorder: Recorder = Recorder()
    ) async -> TransportResult {
        await send(OutgoingRequest(target: target, headers: headers, timeout: timeout), to: recorder)
    }
}
