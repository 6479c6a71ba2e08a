/// The parts of a gzip member that are not made by zlib (RFC 1952, and RFC 1951 3.2.4 for stored blocks).
enum GzipMember {
    /// Deflate, no name, no time, made for speed, on Unix.
    static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3]

    /// CRC-32 and length modulo 2^32, little endian.
    static func trailer(_ checksum: Checksum) -> [UInt8] {
        littleEndian(checksum.crc) + littleEndian(UInt32(truncatingIfNeeded: checksum.count))
    }

    /// Bytes as they are, in blocks of which the last is final; no bytes are one empty block.
    ///
    /// A block's length has 16 bits, so that a long tail takes several.
    static func storedBlocks(_ bytes: [UInt8]) -> [UInt8] {
        let limit = Int(UInt16.max)
        var blocks: [UInt8] = []
        blocks.reserveCapacity(bytes.count + 5 * (bytes.count / limit + 1) + 8)
        var start = 0
        repeat {
            let end = min(start + limit, bytes.count)
            let count = UInt16(end - start)
            blocks.append(end == bytes.count ? 1 : 0)
            blocks.append(contentsOf: littleEndian(count))
            blocks.append(contentsOf: littleEndian(~count))
            blocks.append(contentsOf: bytes[start..<end])
            start = end
        } while start < bytes.count
        return blocks
    }

    private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
