import CGnuTLS
import CMicroHTTPD
import Glibc

/// The rules of RFC 9112 about targets and header fields that libmicrohttpd does not enforce.
///
/// A proxy in front and this server must agree where a request ends, or a client can hide one request in another.
/// libmicrohttpd ends texts at a NUL byte and joins continued lines in other memory. Both show in the addresses of
/// the fields: between two of them there must be nothing but one line end, which it overwrites with NUL bytes.
@safe
struct RequestFraming {
    /// Why the request must be answered with 400; nil if it is correct so far.
    private(set) var error: String?
    private var position: UInt
    private let end: UInt
    private let isVersion10: Bool
    private var hosts = 0
    private var lengths = 0
    private var encodings: [String] = []

    /// Starts after the request line.
    ///
    /// - Parameters:
    ///   - targetEnd: the address after the target's first NUL-terminated part.
    ///   - headerSize: bytes from the method to the end of the header.
    init(
        target: RequestTarget, targetEnd: UInt, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
        headerSize: Int
    ) {
        let versionStart = UInt(bitPattern: version)
        position = versionStart + UInt(bitPattern: unsafe strlen(version))
        end = UInt(bitPattern: method) + UInt(headerSize)
        isVersion10 = unsafe String(cString: version) == "HTTP/1.0"
        // One space, overwritten with NUL, separates the target from the version.
        if target.hasForbiddenBytes || targetEnd + 1 != versionStart { error = "the request target is malformed" }
    }

    /// Checks the next header field.
    mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        let start = UInt(bitPattern: name.baseAddress)
        if !(start > position && start - position <= 2) || !isFollowedByNULs(from: position, to: start) {
            error = error ?? "a header field is malformed"
        }
        position = UInt(bitPattern: value.baseAddress) + UInt(value.count)
        if unsafe name.isEmpty || !(name.allSatisfy(Self.isToken)) {
            error = error ?? "the name of a header field is malformed"
        }
        if unsafe value.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f }) {
            error = error ?? "a header field has a control character"
        }
        if unsafe isField(name, "host") {
            hosts += 1
        } else if unsafe isField(name, "content-length") {
            lengths += 1
        } else if unsafe isField(name, "transfer-encoding") {
            encodings.append(unsafe String(decoding: value, as: UTF8.self).lowercased())
        }
    }

    /// Checks the header as a whole.
    mutating func finish() {
        if !(end > position && end - position <= 4) || !isFollowedByNULs(from: position, to: end) {
            error = error ?? "a header field is malformed"
        }
        if hosts > 1 || (hosts == 0 && !isVersion10) { error = error ?? "there must be one Host field" }
        if lengths > 1 || (lengths > 0 && !encodings.isEmpty) {
            error = error ?? "the length of the body is ambiguous"
        }
        if !encodings.isEmpty, encodings != ["chunked"] || isVersion10 {
            error = error ?? "the transfer encoding is not supported"
        }
    }

    /// Whether the bytes of the header between two fields, at most four, are NUL.
    private func isFollowedByNULs(from start: UInt, to end: UInt) -> Bool {
        guard end <= self.end, let pointer = unsafe UnsafeRawPointer(bitPattern: start) else { return false }
        return unsafe UnsafeRawBufferPointer(start: pointer, count: Int(end - start)).allSatisfy { $0 == 0 }
    }

    /// The characters of a field name (RFC 9110, 5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension RequestFraming {
    /// The first error of a request whose header was read; nil if it is correct.
    static func error(
        in state: RequestState, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, handle: OpaquePointer
    ) -> String? {
        guard let info = unsafe mhd_connection_info(handle, .CONNECTION_INFO_REQUEST_HEADER_SIZE) else { return nil }
        var framing = unsafe RequestFraming(
            target: state.target, targetEnd: state.targetEnd, method: method, version: version,
            headerSize: info.pointee.header_size)
        _ = unsafe withUnsafeMutablePointer(to: &framing) { framing in
            unsafe MHD_get_connection_values_n(handle, .HEADER_KIND, checkField, framing)
        }
        framing.finish()
        return framing.error
    }

    /// Keeps libmicrohttpd from parsing query and cookies, which this server does not use.
    ///
    /// For many `&` or `;` it has no memory and sends a wrong response, or none. It reads the query after this call,
    /// so the first byte after the `?` is overwritten; and it only looks at the first Cookie field.
    static func skipQueryAndCookies(uri: UnsafePointer<CChar>, handle: OpaquePointer) {
        if let mark = unsafe strchr(uri, Int32(UInt8(ascii: "?"))), unsafe mark[1] != 0 { unsafe mark[1] = 0 }
        ignoredCookie.withUTF8Buffer { name in
            let start = unsafe UnsafeRawPointer(name.baseAddress)?.assumingMemoryBound(to: CChar.self)
            _ = unsafe MHD_set_connection_value(handle, .HEADER_KIND, start, "")
        }
    }
}

/// The name of the field that hides cookies from libmicrohttpd; recognized by its address.
private let ignoredCookie: StaticString = "Cookie"

/// An `MHD_KeyValueIteratorN`.
private func checkField(
    _ framing: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameLength: Int,
    _ value: UnsafePointer<CChar>?, _ valueLength: Int
) -> MHD_Result {
    guard let framing = unsafe framing?.assumingMemoryBound(to: RequestFraming.self) else { return .NO }
    if unsafe UInt(bitPattern: name) == UInt(bitPattern: ignoredCookie.utf8Start) { return .YES }
    unsafe framing.pointee.add(
        UnsafeRawBufferPointer(start: name, count: nameLength), UnsafeRawBufferPointer(start: value, count: valueLength)
    )
    return .YES
}

/// A connection whose request header is being read, for `sendBadLengthResponse`.
@safe
struct HeaderReader: @unchecked Sendable {
    // Unchecked: only the thread of the connection's daemon uses it.
    let connection: HTTPConnection
    private let handle: OpaquePointer

    init(connection: HTTPConnection, handle: OpaquePointer) {
        self.connection = connection
        unsafe self.handle = handle
    }

    /// Answers a malformed Content-Length in place of libmicrohttpd, which would send its header twice.
    ///
    /// Called before libmicrohttpd sends its own response, which the shut-down socket refuses.
    func sendBadLengthResponse() {
        guard let text = unsafe MHD_lookup_connection_value(handle, .HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH)
        else { return }
        let length = unsafe String(cString: text)
        let isNumber = !length.isEmpty && length.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard !isNumber || UInt64(length) == nil else { return }
        let status = isNumber ? "413 Content Too Large" : "400 Bad Request"
        let body = isNumber ? "Content Too Large\n" : "Bad Request: the Content-Length is malformed\n"
        let response = Array(
            ("HTTP/1.1 \(status)\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
        if let session = unsafe tlsSession(of: handle) {
            _ = unsafe gnutls_record_send(session, response, response.count)
        } else {
            _ = unsafe send(
                connection.descriptor, response, response.count,
                Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        connection.shutDown()
    }
}
