import Testing

@testable import HTTPServer
@testable import ScrapeEndpoint

/// Texts of chunks that are joined again and again while some of them are rendered.
@Suite struct ChunkTextTests {
    /// Texts of 1 to 100 KB, whose bytes depend on their place and version.
    private static func text(_ place: Int, version: Int = 0) -> ChunkText {
        let count = 1_024 + (place * 7_919 + version * 104_729) % 100_000
        return ChunkText([UInt8](repeating: UInt8(truncatingIfNeeded: place &* 31 &+ version), count: count))
    }

    private static func bytes(_ pieces: [SharedBuffer]) -> [UInt8] { pieces.flatMap(\.bytes) }

    @Test func `pieces have all bytes in order, and the texts share their memory`() {
        var texts = (0..<100).map { Self.text($0) }
        let expected = texts.flatMap(\.bytes)
        let pieces = texts.joinInPieces()
        #expect(Self.bytes(pieces) == expected)
        #expect(pieces.dropLast().allSatisfy { $0.bytes.count >= ChunkText.pieceBytes })
        #expect(texts.flatMap(\.bytes) == expected)
        #expect(texts.allSatisfy { text in pieces.contains { $0 === text.buffer } })
    }

    @Test func `a piece in which nothing was rendered is kept`() {
        var texts = (0..<100).map { Self.text($0) }
        let first = texts.joinInPieces()
        let second = texts.joinInPieces()
        #expect(zip(first, second).allSatisfy { $0 === $1 } && first.count == second.count)
        texts[50] = Self.text(50, version: 1)
        let third = texts.joinInPieces()
        #expect(Self.bytes(third) == texts.flatMap(\.bytes))
        let copied = third.count { piece in !second.contains { $0 === piece } }
        #expect((1...2).contains(copied))
    }

    @Test func `a text that grows or shrinks moves no boundary of a later piece`() {
        var texts = (0..<40).map { ChunkText([UInt8](repeating: UInt8($0), count: 60_000)) }
        for size in [80_000, 1_000, 300_000, 60_000, 0, 90_000] {
            let before = texts.joinInPieces()
            texts[2] = ChunkText([UInt8](repeating: 2, count: size))
            let expected = texts.flatMap(\.bytes)
            let after = texts.joinInPieces()
            #expect(Self.bytes(after) == expected)
            #expect(after.count { piece in !before.contains { $0 === piece } } <= 3, "\(size)")
        }
    }

    @Test func `a small last piece is joined to what is appended`() {
        var texts = (0..<20).map { ChunkText([UInt8](repeating: UInt8($0), count: 20_000)) }
        _ = texts.joinInPieces()
        texts += (20..<60).map { ChunkText([UInt8](repeating: UInt8($0), count: 20_000)) }
        let expected = texts.flatMap(\.bytes)
        let pieces = texts.joinInPieces()
        #expect(Self.bytes(pieces) == expected)
        #expect(pieces.dropLast().allSatisfy { $0.bytes.count >= ChunkText.pieceBytes / 4 })
    }

    @Test func `a text alone has a buffer without other texts`() {
        var texts = (0..<9).map { Self.text($0) }
        _ = texts.joinInPieces()
        for text in texts {
            #expect(text.alone.bytes == text.bytes)
            #expect(text.alone.buffer.bytes.count == text.bytes.count)
        }
        var spacious: [UInt8] = [1, 2, 3]
        spacious.reserveCapacity(1_000)
        let tight = ChunkText(spacious).withoutSpareCapacity
        #expect(tight.bytes == [1, 2, 3] && tight.buffer.bytes.capacity < 100)
    }

    @Test(arguments: [1, 10, 40]) func `pieces stay large after any number of changes`(changes: Int) {
        var texts = (0..<60).map { Self.text($0) }
        for version in 1...12 {
            for change in 0..<changes {
                let place = (version * 131 + change * 53) % texts.count
                texts[place] = Self.text(place, version: version)
            }
            let expected = texts.flatMap(\.bytes)
            let pieces = texts.joinInPieces()
            #expect(Self.bytes(pieces) == expected)
            #expect(texts.flatMap(\.bytes) == expected)
            #expect(pieces.dropLast().allSatisfy { $0.bytes.count >= ChunkText.pieceBytes / 4 })
        }
    }
}
