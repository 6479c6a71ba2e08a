import CZlib

/// Compresses the stable part of a body, piece by piece; only its result is held.
///
/// It stands for `deflateInit2_`, `deflate` with `Z_FULL_FLUSH` and `deflateEnd`.
@safe
package struct Compressor: ~Copyable {
    // zlib keeps the address of its stream and refuses to work at another, so it cannot live in a value that moves.
    private let stream: UnsafeMutablePointer<z_stream>
    private var output: [UInt8]
    private var checksum = Checksum()

    /// Begins a raw deflate stream at level 1: higher levels take two to eight times as long for a tenth less.
    ///
    /// - Parameter expectedCount: bytes of output to reserve, if known.
    /// - Throws: `GzipFailure` when there is no memory for the window.
    package init(expectedCount: Int = 0) throws(GzipError) {
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
        output = GzipMember.header
        output.reserveCapacity(max(expectedCount, 4096))
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Compresses the next bytes of the part.
    package mutating func append(_ bytes: [UInt8]) throws(GzipError) {
        checksum.append(bytes)
        try deflate(bytes, flush: Z_NO_FLUSH)
    }

    /// Ends the part on a whole byte, so that a tail can follow it without a compressor.
    package consuming func finish() throws(GzipError) -> GzipPrefix {
        try deflate([], flush: Z_FULL_FLUSH)
        return GzipPrefix(bytes: output, checksum: checksum)
    }

    private mutating func deflate(_ input: [UInt8], flush: Int32) throws(GzipError) {
        var code = Z_OK
        unsafe input.withUnsafeBufferPointer { bytes in
            // zlib does not write to its input; the pointer is not const in an old signature only.
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
            unsafe stream.pointee.avail_in = UInt32(bytes.count)
            code = drain(flush)
            unsafe stream.pointee.next_in = nil
        }
        guard code == Z_OK else { throw GzipError(code: code) }
    }

    /// Runs zlib until it has taken all input and given all output.
    private mutating func drain(_ flush: Int32) -> Int32 {
        while true {
            var code = Z_OK
            var isFull = false
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32 * 1024) { buffer in
                unsafe stream.pointee.next_out = buffer.baseAddress
                unsafe stream.pointee.avail_out = UInt32(buffer.count)
                code = unsafe CZlib.deflate(stream, flush)
                isFull = unsafe stream.pointee.avail_out == 0
                unsafe output.append(contentsOf: buffer.prefix(buffer.count - Int(stream.pointee.avail_out)))
            }
            // With nothing left to do zlib says Z_BUF_ERROR, which is no error.
            if code == Z_BUF_ERROR { return Z_OK }
            if code != Z_OK || !isFull { return code }
        }
    }
}

/// zlib refused to work, which it does only when there is no memory.
package struct GzipError: Error, Equatable, CustomStringConvertible {
    /// A code of zlib, such as `Z_MEM_ERROR`.
    package let code: Int32

    package var description: String { "zlib cannot compress (code \(code)); is there memory left?" }
}
