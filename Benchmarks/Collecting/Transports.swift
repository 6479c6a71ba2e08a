import CurlTransport
import Darktrace
import Glibc

/// Delivers a file from memory, in pieces of the size of a TLS record.
struct FileTransport: Transport {
    private let bytes: [UInt8]

    init(path: String) throws { bytes = try contents(of: path) }

    func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
        let head = ResponseHead(status: 200, headers: [.init("content-type", "application/json")])
        receiver.receive(head)
        var exchange = TransportResult(head: head)
        for start in stride(from: 0, to: bytes.count, by: 16_384) {
            let piece = unsafe bytes.span.bytes.extracting(start..<min(start + 16_384, bytes.count))
            guard receiver.receive(piece) else { break }
            exchange.bodyBytes += piece.byteCount
        }
        return exchange
    }
}

/// The real transport to a server whose CA certificate is in the file.
func secureTransport(_ host: String, port: String, caFile: String) throws -> CurlTransport {
    guard let port = Int(port) else { throw BenchmarkError(description: "\(port) is no port") }
    var tls = Endpoint.TLS()
    tls.caFile = caFile
    return CurlTransport(loop: try CurlLoop(), endpoint: Endpoint(isSecure: true, host: host, port: port, tls: tls))
}

/// The content of a file.
func contents(of path: String) throws -> [UInt8] {
    guard let file = unsafe fopen(path, "rb") else { throw BenchmarkError(description: "\(path) cannot be read") }
    defer { unsafe fclose(file) }
    unsafe fseek(file, 0, SEEK_END)
    let size = unsafe ftell(file)
    unsafe rewind(file)
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = unsafe fread(buffer.baseAddress, 1, size, file)
    }
}
