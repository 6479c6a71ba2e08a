/// A pulled body on its way out: what was pulled and does not fit yet, and the line that it may suspend.
///
/// Only libmicrohttpd's thread touches it, under the response's own mutex.
final class MHDBodyReader {
    private let body: any BodyStream
    private let line: HTTPConnection
    private let watch: TimeoutMonitor
    private let connection: SuspendableConnection
    private var rest: ArraySlice<UInt8> = []

    init(_ body: any BodyStream, line: HTTPConnection, watch: TimeoutMonitor, connection: SuspendableConnection) {
        self.body = body
        self.line = line
        self.watch = watch
        self.connection = connection
    }

    // MHD_CONTENT_READER_END_OF_STREAM and _END_WITH_ERROR, macros that Swift does not import.
    private static let end = -1
    private static let failure = -2

    /// Fills the buffer; answers the number of bytes, 0 once the line is suspended, or an end.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        while !line.isEnded {
            if !rest.isEmpty {
                let count = min(rest.count, buffer.count)
                unsafe buffer.copyBytes(from: rest.prefix(count))
                rest = rest.dropFirst(count)
                return count
            }
            switch body.next() {
            case .bytes(let bytes): rest = bytes[...]
            case .pause(let milliseconds):
                return watch.suspend(line, connection, milliseconds: milliseconds) ? 0 : Self.failure
            case .end: return Self.end
            case .truncate: return Self.failure
            case .reset:
                line.reset()
                return Self.failure
            }
        }
        return Self.failure
    }
}

/// An `MHD_ContentReaderCallback`.
func pullStream(
    _ source: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int {
    guard let source = unsafe source, let buffer = unsafe buffer else { return -2 }
    return unsafe Unmanaged<MHDBodyReader>.fromOpaque(source).takeUnretainedValue()
        .fill(UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
}

/// An `MHD_ContentReaderFreeCallback`.
func releaseStream(_ source: UnsafeMutableRawPointer?) {
    if let source = unsafe source { unsafe Unmanaged<MHDBodyReader>.fromOpaque(source).release() }
}
