/// Immutable bytes, shared by reference count with the connections that send them.
package final class SharedBuffer: Sendable {
    /// The bytes; libmicrohttpd reads them in place.
    package let bytes: [UInt8]

    /// Takes the bytes as they are, without a copy.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}
