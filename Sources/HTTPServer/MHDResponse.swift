import CMicroHTTPD

/// A reference to a `struct MHD_Response`; libmicrohttpd holds another one for each connection that sends it.
@safe
final class MHDResponse: @unchecked Sendable {
    // Unchecked: libmicrohttpd guards the reference count with a mutex, and nothing else changes after the headers were
    // added.
    let status: Int
    private let headers: [(name: String, value: String)]
    private let response: OpaquePointer

    /// `MHD_create_response_from_iovec`, or `MHD_create_response_from_buffer` for a single buffer, which is sent
    /// together with the header; nil when there is no memory.
    init?(buffers: [SharedBuffer], status: Int, headers: [(name: String, value: String)]) {
        // The storage of a constant array does not move while the array exists, and BufferOwner keeps the arrays.
        let vectors = unsafe buffers.compactMap { buffer in
            unsafe buffer.bytes.withUnsafeBytes { bytes in
                unsafe bytes.isEmpty ? nil : MHD_IoVec(iov_base: bytes.baseAddress, iov_len: bytes.count)
            }
        }
        let owner = unsafe Unmanaged.passRetained(BufferOwner(buffers))
        let made = unsafe makeResponse(vectors, owner.toOpaque())
        guard let made = unsafe made else {
            unsafe owner.release()
            return nil
        }
        unsafe response = made
        self.status = status
        self.headers = headers
        unsafe addHeaders(headers, to: made)
    }

    /// `MHD_create_response_from_callback`; nil when there is no memory.
    init?(reader: MHDBodyReader, length: Int?, status: Int, headers: [(name: String, value: String)]) {
        let owner = unsafe Unmanaged.passRetained(reader)
        // MHD_SIZE_UNKNOWN, a macro that Swift does not import, has all bits set.
        let made = unsafe MHD_create_response_from_callback(
            length.map { UInt64(max(0, $0)) } ?? .max, 32 * 1024, readBody, owner.toOpaque(), releaseReader)
        guard let made = unsafe made else {
            unsafe owner.release()
            return nil
        }
        unsafe response = made
        self.status = status
        self.headers = headers
        unsafe addHeaders(headers, to: made)
    }

    /// Declares neither a length nor chunks, and closes the connection after the response.
    ///
    /// For `HEAD` of a stream without a length, where libmicrohttpd would send the last, empty chunk after the header.
    func endWithConnection() { _ = unsafe mhd_response_flags(response, .RF_HTTP_1_0_COMPATIBLE_STRICT) }

    deinit { unsafe MHD_destroy_response(response) }

    func matches(status: Int, headers: [(name: String, value: String)]) -> Bool {
        self.status == status && self.headers.elementsEqual(headers, by: ==)
    }

    /// `MHD_queue_response`; false when libmicrohttpd refuses the response.
    func queue(on connection: OpaquePointer) -> Bool {
        unsafe MHD_queue_response(connection, UInt32(clamping: status), response) == .YES
    }
}

/// Keeps the bytes alive until the last connection has sent them.
private final class BufferOwner {
    let buffers: [SharedBuffer]
    init(_ buffers: [SharedBuffer]) { self.buffers = buffers }
}

private func makeResponse(_ vectors: [MHD_IoVec], _ owner: UnsafeMutableRawPointer) -> OpaquePointer? {
    if unsafe vectors.count == 1, let only = unsafe vectors.first {
        // The declaration takes a mutable pointer; libmicrohttpd only reads.
        return unsafe MHD_create_response_from_buffer_with_free_callback_cls(
            only.iov_len, UnsafeMutableRawPointer(mutating: only.iov_base), releaseBuffers, owner)
    }
    return unsafe vectors.withUnsafeBufferPointer { vectors in
        unsafe MHD_create_response_from_iovec(vectors.baseAddress, UInt32(vectors.count), releaseBuffers, owner)
    }
}

private func releaseBuffers(_ owner: UnsafeMutableRawPointer?) {
    if let owner = unsafe owner { unsafe Unmanaged<BufferOwner>.fromOpaque(owner).release() }
}

private func addHeaders(_ headers: [(name: String, value: String)], to response: OpaquePointer) {
    for header in headers {
        // Fails for an empty name or a control character; the response is sent without that field.
        _ = unsafe MHD_add_response_header(response, header.name, header.value)
    }
}

/// Feeds a streamed body to libmicrohttpd; only the thread of its daemon uses it.
final class MHDBodyReader {
    private let body: any BodyStream
    private let connection: HTTPConnection
    private let monitor: ConnectionMonitor
    private let handle: SuspendableConnection
    private var rest: ArraySlice<UInt8> = []

    init(
        _ body: any BodyStream, connection: HTTPConnection, monitor: ConnectionMonitor, handle: SuspendableConnection
    ) {
        self.body = body
        self.connection = connection
        self.monitor = monitor
        self.handle = handle
    }

    // MHD_CONTENT_READER_END_OF_STREAM and _END_WITH_ERROR, macros that Swift does not import.
    private static let end = -1
    fileprivate static let failure = -2

    /// Fills the buffer and returns the number of bytes, 0 when the connection was suspended, or one of the codes.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        while !connection.isShutDown {
            if !rest.isEmpty {
                let count = min(rest.count, buffer.count)
                unsafe buffer.copyBytes(from: rest.prefix(count))
                rest = rest.dropFirst(count)
                return count
            }
            switch body.next() {
            case .bytes(let bytes): rest = bytes[...]
            case .wait(let wakeup):
                return monitor.suspend(connection, handle, until: wakeup) ? 0 : Self.failure
            case .end: return Self.end
            case .abort(let isReset):
                if isReset { connection.reset() }
                return Self.failure
            }
        }
        return Self.failure
    }
}

/// An `MHD_ContentReaderCallback`.
private func readBody(
    _ reader: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int {
    guard let reader = unsafe reader, let buffer = unsafe buffer else { return MHDBodyReader.failure }
    return unsafe Unmanaged<MHDBodyReader>.fromOpaque(reader).takeUnretainedValue()
        .fill(UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
}

/// An `MHD_ContentReaderFreeCallback`.
private func releaseReader(_ reader: UnsafeMutableRawPointer?) {
    if let reader = unsafe reader { unsafe Unmanaged<MHDBodyReader>.fromOpaque(reader).release() }
}
