import Gzip
import HTTPServer

/// What goes wrong while an answer is on its way.
struct BodyFaults {
    private let faults: ActiveFaults

    init(_ faults: ActiveFaults) { self.faults = faults }

    /// Changes an answer's headers and body accordingly.
    func apply(to response: inout Response, acceptsGzip: Bool) {
        if let type = faults.value(.contentType) {
            response.headers.removeAll { $0.name == "Content-Type" }
            response.headers.append(("Content-Type", type))
        }
        // A list without an end cannot be made whole first.
        if faults.isOn(.gzip), acceptsGzip, !faults.isOn(.endless) { compress(&response) }
        if faults.isOn(.contentLength), !faults.isOn(.endless), case .stream(let body, nil) = response.body {
            response.body = .buffers([SharedBuffer(Self.drain(body))])
        }
        limit(&response, .truncated, .end, keepsLength: false)
        limit(&response, .cut, .abort(reset: false), keepsLength: true)
        limit(&response, .resetBody, .abort(reset: true), keepsLength: true)
        limit(&response, .stall, .wait(Wakeup()), keepsLength: true)
        if let rate = faults.number(.slow), let (body, length) = Self.pulled(response.body) {
            response.body = .stream(SlowBody(body, bytesPerSecond: Int(rate)), length: length)
        }
    }

    private func limit(_ response: inout Response, _ fault: Fault, _ ending: StreamChunk, keepsLength: Bool) {
        guard let bytes = faults.number(fault), let (body, length) = Self.pulled(response.body) else { return }
        let limited = LimitedBody(body, bytes: Int(bytes), ending: ending)
        response.body = .stream(limited, length: keepsLength ? length : nil)
    }

    /// A body to pull, with its length if that is known; nil for one that has no bytes at all.
    private static func pulled(_ body: Response.Body) -> (any BodyStream, Int?)? {
        switch body {
        case .buffers(let pieces):
            let bytes = pieces.flatMap(\.bytes)
            return bytes.isEmpty ? nil : (BufferedBody(bytes), bytes.count)
        case .stream(let body, let length): return (body, length)
        case .shared, .deferred, .abort: return nil
        }
    }

    static func drain(_ body: any BodyStream) -> [UInt8] {
        var bytes: [UInt8] = []
        while case .bytes(let piece) = body.next() { bytes.append(contentsOf: piece) }
        return bytes
    }

    /// Makes the whole body, compressed: only the small result is held.
    private func compress(_ response: inout Response) {
        guard let (body, _) = Self.pulled(response.body), let packed = try? Self.packed(body) else { return }
        response.headers.append(("Content-Encoding", "gzip"))
        response.body = .buffers([SharedBuffer(packed)])
    }

    private static func packed(_ body: any BodyStream) throws(GzipError) -> [UInt8] {
        var compressor = try Compressor()
        while case .bytes(let piece) = body.next() { try compressor.append(piece) }
        let part = try compressor.finish()
        return part.bytes + part.ending(with: [])
    }
}
