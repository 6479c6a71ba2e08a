import Locking

/// Immutable bytes that connections send by reference.
package final class SharedBuffer: Sendable {
    /// The bytes; libmicrohttpd reads them in place.
    package let bytes: [UInt8]

    /// Takes the bytes without a copy.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// A body that any number of responses share, together with what libmicrohttpd needs to send it.
///
/// The first response with a status and headers prepares a `struct MHD_Response`, later ones reuse it. The bytes live
/// until the last slow reader has them.
package final class SharedBody: Sendable {
    /// The number of bytes.
    package let count: Int
    let buffers: [SharedBuffer]
    private let prepared = Locked<[MHDResponse]>([])

    /// Several buffers are joined up to this size: libmicrohttpd sends the header of a single one together with its
    /// bytes in one call, but the header alone before several, which wakes the client twice.
    package static let joinedCount = 2 * 1024 * 1024

    /// libmicrohttpd accepts a response of more than 1 024 buffers and then never sends it.
    static let maxBuffers = 1_000

    /// Takes the buffers, sent in this order.
    package init(_ buffers: [SharedBuffer]) {
        let count = buffers.reduce(0) { $0 + $1.bytes.count }
        self.count = count
        guard buffers.count > 1, count <= Self.joinedCount else {
            self.buffers = buffers.joined(toAtMost: Self.maxBuffers)
            return
        }
        var joined: [UInt8] = []
        joined.reserveCapacity(count)
        for buffer in buffers { joined += buffer.bytes }
        self.buffers = [SharedBuffer(joined)]
    }

    /// The prepared response for this status and these headers; nil when there is no memory for it.
    func response(status: Int, headers: [(name: String, value: String)]) -> MHDResponse? {
        prepared.withLock { prepared in
            if let known = prepared.first(where: { $0.matches(status: status, headers: headers) }) { return known }
            guard let new = MHDResponse(buffers: buffers, status: status, headers: headers) else { return nil }
            // A body is sent with few different headers; more of them are not cached.
            if prepared.count < 8 { prepared.append(new) }
            return new
        }
    }
}

extension [SharedBuffer] {
    /// The same bytes in at most this many buffers.
    fileprivate func joined(toAtMost limit: Int) -> [SharedBuffer] {
        guard count > limit else { return self }
        let perBuffer = (count + limit - 1) / limit
        return stride(from: 0, to: count, by: perBuffer).map { start in
            SharedBuffer(Array<UInt8>(self[start..<Swift.min(start + perBuffer, count)].map(\.bytes).joined()))
        }
    }
}
