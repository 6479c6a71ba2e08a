import Configuration
import TestSupport
import Testing

/// Whatever the file contains, the program reports it in a few lines.
@Suite struct HostileInputTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private static let secret = "0123456789abcdef0123456789abcdef01234567"

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `random bytes and mutated good files never crash and end as a few lines`(seed: UInt64) throws {
        var generator = SeededRNG(seed: seed)
        let whole = file(
            line: 6, "    private_token: \(Self.secret)\n    tls_config: {min_version: TLS12}\n    overlap: 1h")
        var refused = 0
        for round in 0..<250 {
            let bytes = round % 5 == 0 ? Self.noise(&generator) : Self.mutated(Array(whole.utf8), &generator)
            guard let complaint = try folder.complaint(bytes: bytes) else { continue }
            refused += 1
            #expect(isGood(complaint), "\(complaint)")
            #expect(!complaint.contains(Self.secret), "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(refused > 100)
    }

    private static func noise(_ generator: inout SeededRNG) -> [UInt8] {
        let count = Int.random(in: 0...300, using: &generator)
        let letters = Array("-:?[]{}&*!|>'\"%@`#, \n\tab019\\x\u{0}é".utf8)
        let isWild = Bool.random(using: &generator)
        return (0..<count).map { _ in
            isWild ? UInt8.random(in: 0...255, using: &generator) : letters.randomElement(using: &generator) ?? 0
        }
    }

    private static func mutated(_ bytes: [UInt8], _ generator: inout SeededRNG) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(Array("\n :-{}[]\"'&*!#?|>".utf8).randomElement(using: &generator) ?? 0, at: index)
            default:
                let end = min(bytes.count, index + Int.random(in: 1...40, using: &generator))
                bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0..<bytes.count, using: &generator))
            }
        }
        return bytes
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "[", "{", "- ", "? ", "a: ", "a: {", "&a ", "!a ", "'", "\"\\x41", "a: 1\n", "|\n", "# \n", "\n", "%A b\n",
            "\u{FEFF}",
        ])
    func `a megabyte of one thing is answered soon`(piece: String) throws {
        let text = String(repeating: piece, count: 1_048_000 / piece.utf8.count)
        let clock = ContinuousClock()
        let took = try clock.measure {
            let complaint = try #require(try folder.complaint(text))
            #expect(isGood(complaint))
        }
        #expect(took < .seconds(20))
    }

    @Test func `a megabyte of different unknown keys is answered soon`() throws {
        let text = (0..<80_000).map { "private_t\($0): 1" }.joined(separator: "\n")
        let complaint = try #require(try folder.complaint(String(text.prefix(1_000_000))))
        #expect(isGood(complaint))
    }

    /// Whether the text has a few lines of a moderate length, each of which names the file.
    private func isGood(_ complaint: String) -> Bool {
        let lines = complaint.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return (1...21).contains(lines.count) && lines.allSatisfy { $0.utf8.count < 1_000 && $0.hasPrefix("x.yml:") }
    }
}
