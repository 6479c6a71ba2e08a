import Locking

/// A body in pieces that any number of answers share, with what libmicrohttpd needs to send it prepared once.
///
/// Each status and set of headers it is sent with is prepared on first use (`MHD_create_response_from_iovec`) and kept
/// as long as the body; the bytes live until the last slow reader has them.
package final class SharedBody: Sendable {
    /// The bytes of all pieces together.
    package let count: Int
    private let pieces: [SharedBuffer]
    private let prepared = Locked<[MHDResponse]>([])

    /// libmicrohttpd sends the header alone before a body in pieces, and the client wakes twice. With one piece it is
    /// one call: up to here that is worth a copy.
    private static let joinedCount = 2 * 1024 * 1024

    /// Takes the pieces, sent one after the other.
    package init(_ pieces: [SharedBuffer]) {
        let count = pieces.reduce(0) { $0 + $1.bytes.count }
        self.count = count
        guard pieces.count > 1, count <= Self.joinedCount else {
            self.pieces = pieces
            return
        }
        var joined: [UInt8] = []
        joined.reserveCapacity(count)
        for piece in pieces { joined += piece.bytes }
        self.pieces = [SharedBuffer(joined)]
    }

    /// The prepared answer for this status and these headers; nil when there is no memory for it.
    func answer(status: Int, headers: [(name: String, value: String)]) -> MHDResponse? {
        prepared.withLock { prepared in
            if let known = prepared.first(where: { $0.matches(status: status, headers: headers) }) { return known }
            guard let new = MHDResponse(pieces: pieces, status: status, headers: headers) else { return nil }
            // A body goes out under a few headers at most; whoever varies them more gets no cache for it.
            if prepared.count < 8 { prepared.append(new) }
            return new
        }
    }
}
