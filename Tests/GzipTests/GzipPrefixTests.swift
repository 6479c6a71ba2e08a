import Foundation
import Gzip
import TestSupport
import Testing

@Suite struct GzipPrefixTests {
    @Test(arguments: [0, 1, 3_000, 65_534, 65_535, 65_536, 131_070, 200_000])
    func `a stable part and a tail of any length are one member that gunzip accepts`(tailCount: Int) throws {
        let stable = [UInt8](repeating: UInt8(ascii: "s"), count: 10_000) + Array("stable\n".utf8)
        let tail = (0..<tailCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let part = try part(of: stable, pieces: 1_000)
        let member = part.bytes + part.ending(with: tail)
        #expect(try gunzip(member) == stable + tail)
    }

    @Test(arguments: [1, 7, 64 * 1024, 1 << 20])
    func `the size of the pieces does not change the text`(size: Int) throws {
        var generator = SystemRandomNumberGenerator()
        let text = (0..<(size == 1 ? 3_000 : 300_000)).map { _ in UInt8.random(in: 0...63, using: &generator) }
        let part = try part(of: text, pieces: size)
        #expect(try gunzip(part.bytes + part.ending(with: [])) == text)
    }

    @Test func `an empty part and an empty tail are an empty member`() throws {
        let part = try part(of: [], pieces: 1)
        #expect(try gunzip(part.bytes + part.ending(with: [])) == [])
    }

    @Test func `one part takes many tails`() throws {
        let part = try part(of: Array("stable".utf8), pieces: 6)
        for number in 0..<20 {
            let tail = Array("tail \(number)".utf8)
            #expect(try gunzip(part.bytes + part.ending(with: tail)) == Array("stable".utf8) + tail)
        }
    }

    @Test func `a member whose tail was changed on the way is refused`() throws {
        let part = try part(of: Array("stable".utf8), pieces: 6)
        var member = part.bytes + part.ending(with: Array("tail".utf8))
        member[member.count - 9] ^= 1
        #expect(throws: CommandFailure.self) { try gunzip(member) }
    }

    @Test func `pieces can be replaced, left out and used again in another member`() throws {
        let compressor = try Compressor()
        let texts = (0..<40).map { Array(String(repeating: "piece \($0), ", count: $0 * 37).utf8) }
        let pieces = try texts.map { text in try compressor.compress(text) }
        let order = [39, 0, 7, 7, 20, 1, 0]
        let prefix = GzipPrefix(order.map { pieces[$0] })
        #expect(try gunzip(prefix.bytes + prefix.ending(with: [1, 2])) == order.flatMap { texts[$0] } + [1, 2])
    }

    private func part(of text: [UInt8], pieces size: Int) throws -> GzipPrefix {
        let compressor = try Compressor()
        var pieces: [DeflatedPiece] = []
        for start in stride(from: 0, to: text.count, by: size) {
            pieces.append(try compressor.compress(Array(text[start..<min(start + size, text.count)])))
        }
        return GzipPrefix(pieces)
    }
}
