import Testing

@testable import SQLiteLedger

/// Ledgers hold hashes of every earlier version, so that a hash must never change.
@Suite struct StableHashTests {
    /// FNV-1a as its authors define it.
    private func definition(_ bytes: some Sequence<UInt8>) -> Int64 {
        Int64(bitPattern: bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }

    private func bytes(_ integer: Int64) -> [UInt8] { withUnsafeBytes(of: integer.littleEndian, Array.init) }

    @Test func `a number is hashed byte for byte, whichever of its bytes are zero`() {
        for pattern in 0..<256 {
            var integer: Int64 = 0
            for place in 0..<8 where pattern >> place & 1 == 1 { integer |= 0xA7 << (place * 8) }
            var hash = StableHash()
            hash.combine(integer)
            hash.combine(3.5)
            #expect(hash.value == definition(bytes(integer) + bytes(Int64(bitPattern: (3.5).bitPattern))))
        }
        for integer in [Int64.min, .max, -1, 1, 255, 256, 1 << 56] {
            var hash = StableHash()
            hash.combine(integer)
            #expect(hash.value == definition(bytes(integer)))
        }
    }

    @Test(arguments: ["", "a", "é", "darktrace_model_breaches_total", "\0"])
    func `a text is hashed with its length, as text or as bytes`(text: String) {
        var hash = StableHash()
        hash.combine(text)
        #expect(hash.value == definition(bytes(Int64(text.utf8.count)) + text.utf8))
        var other = StableHash()
        other.combine(text.utf8.span)
        #expect(other.value == hash.value)
    }
}
