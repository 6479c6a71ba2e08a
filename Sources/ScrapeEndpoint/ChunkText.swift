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

    /// The buffer of a text that shares none.
    var wholeBuffer: SharedBuffer { range == buffer.bytes.indices ? buffer : SharedBuffer(Array(bytes)) }

    /// The same bytes, without much memory that is not used: for what is kept.
    var withoutSpareCapacity: ChunkText {
        let isTight = buffer.bytes.capacity - buffer.bytes.count <= buffer.bytes.count / 16
        return isTight ? self : ChunkText(unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) })
    }
}

extension [ChunkText] {
    /// All texts in pieces of at least `pieceBytes`, or a quarter of it in front of a piece that is kept; the texts share
    /// the memory of the pieces from then on.
    ///
    /// What is a piece already, because nothing in it was rendered since, is kept and not copied.
    mutating func joinInPieces() -> [SharedBuffer] {
        var pieces: [SharedBuffer] = []
        var start = startIndex
        while start < endIndex {
            var end = start
            var bytes = 0
            while end < endIndex, bytes < ChunkText.pieceBytes {
                if bytes == 0 || bytes >= ChunkText.pieceBytes / 4, let known = endOfPiece(from: end) {
                    if end == start { end = known }
                    break
                }
                bytes += self[end].bytes.count
                end += 1
            }
            pieces.append(piece(start..<end))
            start = end
        }
        return pieces
    }

    /// The end of the texts that were joined to one piece, from the first of them; nil if these are none.
    private func endOfPiece(from start: Int) -> Int? {
        let buffer = self[start].buffer
        var (end, offset) = (start, 0)
        while end < endIndex, self[end].buffer === buffer, self[end].range.lowerBound == offset {
            offset = self[end].range.upperBound
            end += 1
        }
        let isPiece = end > start + 1 || offset >= ChunkText.pieceBytes
        return isPiece && offset == buffer.bytes.count ? end : nil
    }

    private mutating func piece(_ places: Range<Int>) -> SharedBuffer {
        let first = self[places.lowerBound]
        if endOfPiece(from: places.lowerBound) == places.upperBound { return first.buffer }
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
