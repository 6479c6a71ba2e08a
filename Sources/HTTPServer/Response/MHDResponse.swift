import CMicroHTTPD

/// One reference to a `struct MHD_Response`, dropped with this object; libmicrohttpd holds one per answer being sent.
@safe
final class MHDResponse: @unchecked Sendable {
    // Unchecked: libmicrohttpd guards the reference count by a mutex, and nothing else of a response changes once
    // its headers are in.
    let status: Int
    private let headers: [(name: String, value: String)]
    private let response: OpaquePointer

    /// Stands for `MHD_create_response_from_iovec`, and for one piece `MHD_create_response_from_buffer`, whose header
    /// and body go out in one call; nil when there is no memory.
    init?(pieces: [SharedBuffer], status: Int, headers: [(name: String, value: String)]) {
        // An array's storage stays where it is while somebody holds the array and nobody changes it; the response
        // holds `pieces`, whose arrays are constants.
        let vectors = unsafe pieces.compactMap { piece in
            unsafe piece.bytes.withUnsafeBytes { bytes in
                unsafe bytes.isEmpty ? nil : MHD_IoVec(iov_base: bytes.baseAddress, iov_len: bytes.count)
            }
        }
        let owner = unsafe Unmanaged.passRetained(BufferOwner(pieces))
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

    /// Stands for `MHD_create_response_from_callback`; nil when there is no memory.
    init?(stream: MHDBodyReader, length: Int?, status: Int, headers: [(name: String, value: String)]) {
        let owner = unsafe Unmanaged.passRetained(stream)
        // All bits set is MHD_SIZE_UNKNOWN, a macro that Swift does not import.
        let made = unsafe MHD_create_response_from_callback(
            length.map { UInt64(max(0, $0)) } ?? .max, 32 * 1024, pullStream, owner.toOpaque(), releaseStream)
        guard let made = unsafe made else {
            unsafe owner.release()
            return nil
        }
        unsafe response = made
        self.status = status
        self.headers = headers
        unsafe addHeaders(headers, to: made)
    }

    /// Neither declares a length nor chunks, and closes the connection after the answer.
    ///
    /// For `HEAD` of a stream without a length: libmicrohttpd would send the last, empty chunk after the header.
    func endWithConnection() { _ = unsafe mhd_response_flags(response, .RF_HTTP_1_0_COMPATIBLE_STRICT) }

    deinit { unsafe MHD_destroy_response(response) }

    func matches(status: Int, headers: [(name: String, value: String)]) -> Bool {
        self.status == status && self.headers.elementsEqual(headers, by: ==)
    }

    /// Hands the answer to the connection; false when libmicrohttpd refuses it. Stands for `MHD_queue_response`.
    func queue(on connection: OpaquePointer) -> Bool {
        unsafe MHD_queue_response(connection, UInt32(clamping: status), response) == .YES
    }
}

/// What keeps the bytes alive until the last connection has sent them.
private final class BufferOwner {
    let pieces: [SharedBuffer]
    init(_ pieces: [SharedBuffer]) { self.pieces = pieces }
}

/// Of one piece, whose header and body go out in one call, or of several.
private func makeResponse(_ vectors: [MHD_IoVec], _ owner: UnsafeMutableRawPointer) -> OpaquePointer? {
    if unsafe vectors.count == 1, let only = unsafe vectors.first {
        // The header takes any pointer; libmicrohttpd only reads from it.
        return unsafe MHD_create_response_from_buffer_with_free_callback_cls(
            only.iov_len, UnsafeMutableRawPointer(mutating: only.iov_base), releasePieces, owner)
    }
    return unsafe vectors.withUnsafeBufferPointer { vectors in
        unsafe MHD_create_response_from_iovec(vectors.baseAddress, UInt32(vectors.count), releasePieces, owner)
    }
}

private func releasePieces(_ owner: UnsafeMutableRawPointer?) {
    if let owner = unsafe owner { unsafe Unmanaged<BufferOwner>.fromOpaque(owner).release() }
}

private func addHeaders(_ headers: [(name: String, value: String)], to response: OpaquePointer) {
    for header in headers {
        // A refusal (an empty name, a control character) leaves the field out; the answer itself goes on.
        _ = unsafe MHD_add_response_header(response, header.name, header.value)
    }
}
