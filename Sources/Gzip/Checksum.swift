import CZlib

/// The CRC-32 and the length of some bytes, and of what follows them.
///
/// It stands for `crc32_z` and `crc32_combine`.
struct Checksum: Sendable, Equatable {
    private(set) var crc: UInt32 = 0
    private(set) var count = 0

    init() {}

    init(of bytes: [UInt8]) { append(bytes) }

    /// Takes in the next bytes.
    mutating func append(_ bytes: [UInt8]) {
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
