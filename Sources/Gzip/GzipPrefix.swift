import CZlib

/// The compressed start of a gzip member, which any number of tails can end.
package struct GzipPrefix: Sendable {
    /// The member's header, then a deflate stream that stops on a whole byte without being final; in parts that share
    /// the memory of the pieces.
    package let parts: [[UInt8]]
    let checksum: Checksum

    /// Puts compressed pieces together, in this order.
    package init(_ pieces: some Collection<DeflatedPiece>) {
        parts = [GzipMember.header] + pieces.map(\.bytes)
        checksum = pieces.reduce(into: Checksum()) { $0.append($1.checksum) }
    }

    /// All parts in one, as a copy.
    package var bytes: [UInt8] { Array(parts.joined()) }

    /// What ends the member after all parts: the tail in stored blocks, then checksum and length of the whole text.
    ///
    /// Nothing is compressed here, because it delays a scrape: a kilobyte takes under a microsecond.
    package func ending(with tail: [UInt8]) -> [UInt8] {
        var whole = checksum
        whole.append(Checksum(of: tail[...]))
        return GzipMember.storedBlocks(tail) + GzipMember.trailer(whole)
    }
}

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

/// The CRC-32 and the length of some bytes, and of what follows them.
///
/// It stands for `crc32_z` and `crc32_combine`.
struct Checksum: Sendable, Equatable {
    private(set) var crc: UInt32 = 0
    private(set) var count = 0

    init() {}

    init(of bytes: ArraySlice<UInt8>) { append(bytes) }

    /// Takes in the next bytes.
    mutating func append(_ bytes: ArraySlice<UInt8>) {
        crc = unsafe bytes.withUnsafeBufferPointer { bytes in
            UInt32(truncatingIfNeeded: unsafe crc32_z(UInt(crc), bytes.baseAddress, bytes.count))
        }
        count += bytes.count
    }

    /// Takes in bytes of which only the checksum is known.
    mutating func append(_ next: Checksum) {
        crc = UInt32(truncatingIfNeeded: crc32_combine(UInt(crc), UInt(next.crc), next.count))
        count += next.count
    }
}
