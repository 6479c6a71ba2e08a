import CZlib

/// Compresses pieces of text, each on its own, so that a member can be put together from new and older pieces.
///
/// It wraps `deflateInit2_`, `deflateReset`, `deflate` with `Z_FULL_FLUSH` and `deflateEnd`. One stream serves all
/// pieces: setting one up allocates and clears 268 kB.
@safe
package final class Compressor {
    // zlib keeps the address of its stream and refuses to work at another.
    private let stream: UnsafeMutablePointer<z_stream>
    /// The compressed piece; kept, so that pieces can be copies without spare capacity.
    private var output: [UInt8] = []
    /// One large piece must not occupy memory for ever.
    private static let keptBytes = 256 * 1024

    /// Prepares a raw deflate stream at level 1: higher levels take two to eight times as long for a tenth less.
    ///
    /// - Throws: `GzipError` when there is no memory for the window.
    package init() throws(GzipError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let rawWindow: Int32 = -15
        let memoryLevel: Int32 = 8
        let code = unsafe deflateInit2_(
            stream, 1, Z_DEFLATED, rawWindow, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            unsafe stream.deallocate()
            throw GzipError(code: code)
        }
        unsafe self.stream = stream
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Compresses a piece, which ends on a whole byte and refers to no other piece.
    package func compress(_ text: [UInt8]) throws(GzipError) -> DeflatedPiece { try compress(text[...]) }

    /// Compresses a piece, which ends on a whole byte and refers to no other piece.
    package func compress(_ text: ArraySlice<UInt8>) throws(GzipError) -> DeflatedPiece {
        guard !text.isEmpty else { return .empty }
        output.removeAll(keepingCapacity: true)
        var code = unsafe deflateReset(stream)
        if code == Z_OK {
            unsafe text.withUnsafeBufferPointer { bytes in
                // zlib does not write to its input; the pointer is not const in an old signature only.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(bytes.count)
                code = drain()
                unsafe stream.pointee.next_in = nil
            }
        }
        guard code == Z_OK else { throw GzipError(code: code) }
        let bytes = unsafe output.withUnsafeBufferPointer { unsafe Array($0) }
        if output.capacity > Self.keptBytes { output = [] }
        return DeflatedPiece(bytes: bytes, checksum: Checksum(of: text))
    }

    /// Runs zlib until it has taken all input and given all output.
    private func drain() -> Int32 {
        while true {
            var code = Z_OK
            var isFull = false
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32 * 1024) { buffer in
                unsafe stream.pointee.next_out = buffer.baseAddress
                unsafe stream.pointee.avail_out = UInt32(buffer.count)
                code = unsafe CZlib.deflate(stream, Z_FULL_FLUSH)
                isFull = unsafe stream.pointee.avail_out == 0
                unsafe output.append(contentsOf: buffer.prefix(buffer.count - Int(stream.pointee.avail_out)))
            }
            // With nothing left to do zlib returns Z_BUF_ERROR, which is no error.
            if code == Z_BUF_ERROR { return Z_OK }
            if code != Z_OK || !isFull { return code }
        }
    }
}

/// A compressed piece of text, and what the member's trailer must know of it.
package struct DeflatedPiece: Sendable {
    /// Deflate blocks of which none is final; empty for an empty text.
    package let bytes: [UInt8]
    let checksum: Checksum

    /// The piece of an empty text.
    package static let empty = DeflatedPiece(bytes: [], checksum: Checksum())
}

/// zlib refused to work, which it does only when there is no memory.
package struct GzipError: Error, Equatable, CustomStringConvertible {
    /// A code of zlib, such as `Z_MEM_ERROR`.
    package let code: Int32

    package var description: String { "zlib cannot compress (code \(code)); is there memory left?" }
}
