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

    @Test(arguments: [1, 10, 60]) func `pieces stay large after any number of changes`(changes: Int) {
        var texts = (0..<200).map { Self.text($0) }
        for version in 1...50 {
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
