import CMicroHTTPD
import Glibc

/// A request; readable only while its handler runs.
@safe
package struct Request: ~Copyable {
    /// The method as sent, case included.
    package let method: String
    /// Whether the client is on this machine: 127.0.0.0/8, `::1`, or a unix socket.
    package let isLoopbackPeer: Bool
    /// The client's IPv4 address or IPv6 /64 network as bytes; empty for a unix socket.
    package let clientNetwork: [UInt8]
    /// The body; empty unless the server keeps bodies.
    package let body: [UInt8]
    private let target: RequestTarget
    private let source: Source

    @safe
    private enum Source {
        case handle(OpaquePointer)
        case fields([(name: String, value: String)])
    }

    /// The path as sent, not decoded; `/` when there is none.
    package var path: String { target.path }
    /// What follows the first `?`, as sent; nil without a `?`.
    package var query: String? { target.query }

    init(method: String, target: RequestTarget, body: [UInt8], peer: SocketAddress?, handle: OpaquePointer) {
        self.method = method
        self.target = target
        self.body = body
        isLoopbackPeer = peer?.isLoopback ?? false
        clientNetwork = peer?.network ?? []
        unsafe source = .handle(handle)
    }

    /// Makes a request without a connection, to call a handler without a server.
    package init(
        method: String = "GET", target: String, fields: [(name: String, value: String)] = [],
        body: [UInt8] = [], isLoopbackPeer: Bool = true, clientNetwork: [UInt8] = [127, 0, 0, 1]
    ) {
        self.body = body
        self.method = method
        self.target = RequestTarget(target)
        self.isLoopbackPeer = isLoopbackPeer
        self.clientNetwork = clientNetwork
        source = .fields(fields)
    }

    /// The values of all header fields of this name, ignoring case, in their order.
    ///
    /// Bytes that are not UTF-8 are replaced.
    package borrowing func values(of name: StaticString) -> [String] {
        switch source {
        case .fields(let fields):
            return fields.filter { $0.name.lowercased() == "\(name)".lowercased() }.map(\.value)
        case .handle(let handle):
            var lookup = HeaderLookup(name: name)
            _ = unsafe withUnsafeMutablePointer(to: &lookup) { lookup in
                unsafe MHD_get_connection_values_n(handle, .HEADER_KIND, collectField, lookup)
            }
            return lookup.values
        }
    }
}

/// A request target, split but not decoded.
struct RequestTarget: Equatable {
    let path: String
    let query: String?
    /// Whether it has white space or control characters.
    let hasForbiddenBytes: Bool

    /// Splits at the first `?`; scheme and authority of the absolute form (`http://host/path`) are dropped.
    init(_ raw: String) {
        hasForbiddenBytes = raw.utf8.contains { $0 <= 0x20 || $0 == 0x7f }
        var rest = raw[...]
        if let scheme = rest.utf8.firstIndex(of: UInt8(ascii: ":")), rest[scheme...].hasPrefix("://"),
            !rest.hasPrefix("/")
        {
            let authority = rest[scheme...].dropFirst(3)
            let end = authority.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
            rest = authority[(end ?? authority.endIndex)...]
        }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = rest[..<(mark ?? rest.endIndex)]
        self.path = path.isEmpty ? "/" : String(path)
        query = mark.map { String(rest[$0...].dropFirst()) }
    }
}

/// Collects the values of one header field.
private struct HeaderLookup {
    let name: StaticString
    var values: [String] = []

    mutating func add(_ candidate: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard unsafe isField(candidate, name) else { return }
        // libmicrohttpd keeps the white space after a value, which is not part of it.
        let end = unsafe value.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        values.append(unsafe String(decoding: value.prefix((end ?? -1) + 1), as: UTF8.self))
    }
}

/// Whether the name of a header field is this one, ignoring case.
func isField(_ candidate: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    guard candidate.count == name.utf8CodeUnitCount, let start = candidate.baseAddress else { return false }
    return unsafe strncasecmp(
        start.assumingMemoryBound(to: CChar.self),
        UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), candidate.count) == 0
}

/// An `MHD_KeyValueIteratorN`.
private func collectField(
    _ lookup: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameLength: Int,
    _ value: UnsafePointer<CChar>?, _ valueLength: Int
) -> MHD_Result {
    guard let lookup = unsafe lookup?.assumingMemoryBound(to: HeaderLookup.self) else { return .NO }
    unsafe lookup.pointee.add(
        UnsafeRawBufferPointer(start: name, count: nameLength),
        UnsafeRawBufferPointer(start: value, count: unsafe value == nil ? 0 : valueLength))
    return .YES
}
