import CMicroHTTPD

/// A request, readable only while its handler runs.
@safe
package struct Request: ~Copyable {
    /// The method as sent, in its own case.
    package let method: String
    /// Whether the client's address is this machine's own (127.0.0.0/8, `::1`, or a unix socket).
    package let isLoopbackPeer: Bool
    private let target: RequestTarget
    private let source: Source

    @safe
    private enum Source {
        case connection(OpaquePointer)
        case fields([(name: String, value: String)])
    }

    /// The path as sent, not decoded; `/` when there is none.
    package var path: String { target.path }
    /// What stands after the first `?`, as sent; nil without a `?`.
    package var query: String? { target.query }

    init(method: String, target: RequestTarget, isLoopbackPeer: Bool, connection: OpaquePointer) {
        self.method = method
        self.target = target
        self.isLoopbackPeer = isLoopbackPeer
        unsafe source = .connection(connection)
    }

    /// Makes a request that no connection stands behind, to try a handler without a server.
    package init(
        method: String = "GET", target: String, fields: [(name: String, value: String)] = [],
        isLoopbackPeer: Bool = true
    ) {
        self.method = method
        self.target = RequestTarget(target)
        self.isLoopbackPeer = isLoopbackPeer
        source = .fields(fields)
    }

    /// The values of all header lines of this name, whatever its case, in their order.
    ///
    /// Stands for `MHD_get_connection_values_n`; bytes that are not UTF-8 arrive repaired.
    package borrowing func values(of name: String) -> [String] {
        switch source {
        case .fields(let fields):
            return fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        case .connection(let connection):
            var search = HeaderLookup(name: Array(name.utf8))
            _ = unsafe withUnsafeMutablePointer(to: &search) { search in
                unsafe MHD_get_connection_values_n(connection, .HEADER_KIND, collectField, search)
            }
            return search.found
        }
    }

    /// The percent-decoded value of the first query parameter of this name; empty when it stands without `=`.
    package borrowing func parameter(_ name: String) -> String? { target.parameter(name) }
}

/// What the iterator over header lines looks for, and what it found.
private struct HeaderLookup {
    let name: [UInt8]
    var found: [String] = []

    mutating func offer(_ candidate: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard candidate.count == name.count, unsafe zip(candidate, name).allSatisfy({ lower($0) == lower($1) })
        else { return }
        // libmicrohttpd leaves the white space after a value, which is no part of it.
        let end = unsafe value.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        found.append(unsafe String(decoding: value.prefix((end ?? -1) + 1), as: UTF8.self))
    }

    private func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

/// An `MHD_KeyValueIteratorN`.
private func collectField(
    _ search: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameLength: Int,
    _ value: UnsafePointer<CChar>?, _ valueLength: Int
) -> MHD_Result {
    guard let search = unsafe search?.assumingMemoryBound(to: HeaderLookup.self) else { return .NO }
    unsafe search.pointee.offer(
        UnsafeRawBufferPointer(start: name, count: nameLength),
        UnsafeRawBufferPointer(start: value, count: unsafe value == nil ? 0 : valueLength))
    return .YES
}
