import CZlib

/// Decompresses one stream piece by piece: `inflate` of zlib.
@safe
package final class Inflater {
    /// The form of a stream.
    package enum Format: Sendable {
        /// One or several gzip members, one after another (RFC 1952).
        case gzip
        /// A zlib stream (RFC 1950), or raw deflate data (RFC 1951), which some servers send by the same name.
        case deflate
    }

    // zlib keeps the address of its stream and refuses to work at another.
    private let stream: UnsafeMutablePointer<z_stream>
    private let format: Format
    private var state = State.fresh
    private var isOpen = false
    /// The first byte of a `deflate` stream, as long as its form is unknown.
    private var first: UInt8?

    private enum State {
        /// Before the first byte.
        case fresh
        case running
        /// At the end of a member, which another one may follow.
        case betweenMembers
        /// What follows the last member is padding.
        case ended
    }

    package init(_ format: Format) {
        self.format = format
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
    }

    deinit {
        if isOpen { unsafe inflateEnd(stream) }
        unsafe stream.deallocate()
    }

    /// Whether the stream has ended, or not begun: what was cut off is not complete.
    package var isComplete: Bool { state != .running && first == nil }

    /// Decompresses a piece of any size and passes the output on, at most 64 kB at a time.
    ///
    /// - Parameter onOutput: Returns whether to continue.
    /// - Returns: False if `onOutput` returned false.
    /// - Throws: `InflateError` for a stream that is damaged or of another form.
    package func inflate(_ piece: RawSpan, _ onOutput: (RawSpan) -> Bool) throws(InflateError) -> Bool {
        guard format == .deflate, state == .fresh else { return try run(piece, onOutput) }
        // Both forms differ in their first two bytes.
        var bytes: [UInt8] = first.map { [$0] } ?? []
        first = nil
        for offset in piece.byteOffsets { bytes.append(UInt8(Self.byte(offset, of: piece))) }
        guard bytes.count > 1 else {
            first = bytes.first
            return true
        }
        return try unsafe run(bytes.span.bytes, onOutput)
    }

    private func run(_ piece: RawSpan, _ onOutput: (RawSpan) -> Bool) throws(InflateError) -> Bool {
        var taken = 0
        // zlib may hold output back although it has taken all input.
        var isFull = false
        while isFull || taken < piece.byteCount {
            let rest = piece.extracting(droppingFirst: taken)
            switch state {
            case .fresh, .betweenMembers:
                guard try begin(rest) else { return true }
            case .running: break
            case .ended: return true
            }
            var isWanted = true
            let result = step(rest) { isWanted = onOutput($0) }
            guard isWanted else { return false }
            taken += result.taken
            isFull = result.isFull
            switch result.code {
            case Z_OK: break
            case Z_STREAM_END:
                state = format == .gzip ? .betweenMembers : .ended
                isFull = false
            // All input is used; more has to come.
            case Z_BUF_ERROR where taken == piece.byteCount: isFull = false
            default: throw InflateError(code: result.code)
            }
        }
        return true
    }

    /// Prepares for a member that begins with these bytes; false if none does.
    private func begin(_ bytes: RawSpan) throws(InflateError) -> Bool {
        if state == .betweenMembers {
            guard Self.byte(0, of: bytes) == 0x1f else {
                state = .ended
                return false
            }
            guard unsafe inflateReset(stream) == Z_OK else { throw InflateError(code: Z_MEM_ERROR) }
        } else {
            let code = unsafe inflateInit2_(
                stream, windowBits(bytes), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard code == Z_OK else { throw InflateError(code: code) }
            isOpen = true
        }
        state = .running
        return true
    }

    /// As `inflateInit2` encodes the form.
    private func windowBits(_ bytes: RawSpan) -> Int32 {
        guard format == .deflate else { return 15 + 16 }
        // RFC 1950: the method is 8, and the first two bytes are a multiple of 31.
        let (method, flags) = (Self.byte(0, of: bytes), Self.byte(1, of: bytes))
        return method & 0x0f == 8 && (method << 8 | flags).isMultiple(of: 31) ? 15 : -15
    }

    private static func byte(_ offset: Int, of bytes: RawSpan) -> Int {
        Int(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
    }

    /// One call of zlib, whose input and output are borrowed for that call.
    private func step(
        _ input: RawSpan, _ onOutput: (RawSpan) -> Void
    ) -> (code: Int32, taken: Int, isFull: Bool) {
        let size = min(input.byteCount, 1 << 20)
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 65_536) { output in
            let code = unsafe input.withUnsafeBytes { input in
                let bytes = unsafe input.assumingMemoryBound(to: UInt8.self)
                // zlib does not write to its input; the pointer is not const in an old signature only.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(size)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(output.count)
                return unsafe CZlib.inflate(stream, Z_NO_FLUSH)
            }
            let (taken, free) = unsafe (size - Int(stream.pointee.avail_in), Int(stream.pointee.avail_out))
            if free < output.count {
                let produced = unsafe UnsafeBufferPointer(rebasing: output.prefix(output.count - free))
                unsafe onOutput(produced.span.bytes)
            }
            return (code, taken, free == 0)
        }
    }
}

/// A compressed stream is damaged, or there is no memory for it.
package struct InflateError: Error, Equatable {
    /// A code of zlib, such as `Z_DATA_ERROR`.
    package let code: Int32
}
