import HTTPServer

/// The text of a chunk, which may share a buffer with the chunks that are sent together with it.
struct ChunkText: Sendable {
    /// A large body is sent in pieces of at least this size: over TLS each of them is a system call.
    static let pieceBytes = 256 * 1024

    let buffer: SharedBuffer
    fileprivate let range: Range<Int>

    init(_ bytes: [UInt8]) { self.init(SharedBuffer(bytes), bytes.indices) }

    fileprivate init(_ buffer: SharedBuffer, _ range: Range<Int>) {
        self.buffer = buffer
        self.range = range
    }

    var bytes: ArraySlice<UInt8> { buffer.bytes[range] }

    /// The same bytes in a buffer of their own; a copy if the buffer is shared.
    var alone: ChunkText { range == buffer.bytes.indices ? self : ChunkText(Array(bytes)) }

    /// The same bytes, without much memory that is not used: for what is kept.
    var withoutSpareCapacity: ChunkText {
        let isTight = buffer.bytes.capacity - buffer.bytes.count <= buffer.bytes.count / 16
        return isTight ? self : ChunkText(unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) })
    }
}

extension [ChunkText] {
    /// Smaller pieces are not kept, and only the last one may be smaller.
    private static var leastBytes: Int { ChunkText.pieceBytes / 4 }

    /// The texts that are sent as one piece.
    private struct Piece {
        var places: Range<Int>
        /// It is one already.
        let isKept: Bool
    }

    /// All texts in pieces; the texts share the memory of the pieces from then on.
    ///
    /// A piece in which no text was rendered since is kept and not copied. Others have at least `pieceBytes`, or a quarter
    /// of it between two that are kept.
    mutating func joinInPieces() -> [SharedBuffer] {
        pieces().map { $0.isKept ? self[$0.places.lowerBound].buffer : join($0.places) }
    }

    private func pieces() -> [Piece] {
        var pieces: [Piece] = []
        var (start, next, bytes) = (startIndex, startIndex, 0)
        while next < endIndex {
            if let end = endOfPiece(from: next), add(start..<next, bytes, to: &pieces) {
                pieces.append(Piece(places: next..<end, isKept: true))
                (start, next, bytes) = (end, end, 0)
                continue
            }
            bytes += self[next].bytes.count
            next += 1
            if bytes >= ChunkText.pieceBytes {
                pieces.append(Piece(places: start..<next, isKept: false))
                (start, bytes) = (next, 0)
            }
        }
        if !add(start..<endIndex, bytes, to: &pieces) { pieces.append(Piece(places: start..<endIndex, isKept: false)) }
        return pieces
    }

    /// Adds texts that are in no piece; a few bytes become part of the piece before them.
    ///
    /// - Returns: False, without a change, if they are too few for a piece and that one is kept.
    private func add(_ places: Range<Int>, _ bytes: Int, to pieces: inout [Piece]) -> Bool {
        if places.isEmpty { return true }
        if bytes >= Self.leastBytes {
            pieces.append(Piece(places: places, isKept: false))
        } else if let last = pieces.last, !last.isKept {
            pieces[pieces.count - 1].places = last.places.lowerBound..<places.upperBound
        } else {
            return false
        }
        return true
    }

    /// The end of the piece that starts with a text; nil if none does.
    private func endOfPiece(from start: Int) -> Int? {
        let buffer = self[start].buffer
        guard self[start].range.lowerBound == 0, buffer.bytes.count >= Self.leastBytes else { return nil }
        var (end, offset) = (start, 0)
        while end < endIndex, self[end].buffer === buffer, self[end].range.lowerBound == offset {
            offset = self[end].range.upperBound
            end += 1
        }
        // A large text that was just rendered is not a piece yet.
        let isJoined = end > start + 1 || offset >= ChunkText.pieceBytes
        return isJoined && offset == buffer.bytes.count ? end : nil
    }

    /// Copies texts to one buffer, unless it is one text with a buffer of its own.
    private mutating func join(_ places: Range<Int>) -> SharedBuffer {
        let first = self[places.lowerBound]
        if places.count == 1, first.range == first.buffer.bytes.indices { return first.buffer }
        var joined: [UInt8] = []
        joined.reserveCapacity(self[places].reduce(0) { $0 + $1.bytes.count })
        for text in self[places] { joined += text.bytes }
        let piece = SharedBuffer(joined)
        var offset = 0
        for place in places {
            let count = self[place].range.count
            self[place] = ChunkText(piece, offset..<offset + count)
            offset += count
        }
        return piece
    }
}
