import Foundation
import Gzip
import TestSupport
import Testing

/// Streams as servers send them, made by Python's zlib.
@Suite struct InflaterTests {
    /// A stream, and whether its end is missing.
    struct Stream: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let format: Inflater.Format
        /// An expression of Python; `t` is the text, `raw(b)` compresses without a header.
        let python: String
    }

    static let streams = [
        Stream(testDescription: "gzip", format: .gzip, python: "gzip.compress(t)"),
        Stream(testDescription: "two members", format: .gzip, python: "gzip.compress(t[:9]) + gzip.compress(t[9:])"),
        Stream(testDescription: "an empty member", format: .gzip, python: "gzip.compress(b'') + gzip.compress(t)"),
        Stream(testDescription: "padding", format: .gzip, python: "gzip.compress(t) + bytes(512)"),
        Stream(testDescription: "stored", format: .gzip, python: "gzip.compress(t, 0)"),
        Stream(testDescription: "zlib", format: .deflate, python: "zlib.compress(t)"),
        Stream(testDescription: "zlib, best", format: .deflate, python: "zlib.compress(t, 9)"),
        Stream(testDescription: "raw deflate", format: .deflate, python: "raw(t)"),
    ]

    private static let text = (1...20_000).map { "\($0)," }.joined()

    private func bytes(_ python: String) throws -> [UInt8] {
        let script = """
            import gzip, sys, zlib
            def raw(b):
                c = zlib.compressobj(6, zlib.DEFLATED, -15)
                return c.compress(b) + c.flush()
            t = "".join(f"{n}," for n in range(1, 20001)).encode()
            sys.stdout.buffer.write(\(python))
            """
        return try Command.output("/usr/bin/python3", ["-c", script])
    }

    /// Feeds the stream in pieces.
    private func inflate(_ bytes: [UInt8], _ format: Inflater.Format, pieces: Int) throws -> (String, Bool) {
        let inflater = Inflater(format)
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = Array(bytes[start..<min(start + pieces, bytes.count)])
            let isWanted = try inflater.inflate(piece.span.bytes) { span in
                span.withUnsafeBytes { output.append(contentsOf: $0) }
                return true
            }
            #expect(isWanted)
        }
        return (String(decoding: output, as: UTF8.self), inflater.isComplete)
    }

    @Test(arguments: streams, [1, 7, 1_000, 10_000_000])
    func `a stream gives its text, in pieces of any size`(stream: Stream, pieces: Int) throws {
        let (text, isComplete) = try inflate(bytes(stream.python), stream.format, pieces: pieces)
        #expect(text == Self.text)
        #expect(isComplete)
    }

    @Test(arguments: streams.filter { $0.testDescription != "padding" }, [1, 4, 9, 3_000])
    func `a stream without its last bytes is not complete`(stream: Stream, missing: Int) throws {
        let whole = try bytes(stream.python)
        let (text, isComplete) = try inflate(Array(whole.dropLast(missing)), stream.format, pieces: 1_000)
        #expect(!isComplete)
        #expect(Self.text.hasPrefix(text))
    }

    @Test(arguments: streams.filter { $0.format == .gzip && $0.testDescription != "padding" })
    func `a damaged stream is refused, or at least not complete`(stream: Stream) throws {
        var damaged = try bytes(stream.python)
        damaged[damaged.count / 2] ^= 0x55
        do {
            #expect(try !inflate(damaged, stream.format, pieces: 1_000).1)
        } catch is InflateError {}
    }

    @Test(arguments: [Inflater.Format.gzip, .deflate]) func `a stream that has not begun is complete`(
        format: Inflater.Format
    ) {
        #expect(Inflater(format).isComplete)
    }

    @Test func `the output can be refused`() throws {
        let whole = try bytes("gzip.compress(t)")
        let inflater = Inflater(.gzip)
        var count = 0
        let isWanted = try inflater.inflate(whole.span.bytes) {
            count += $0.byteCount
            return false
        }
        #expect(!isWanted)
        #expect((1...65_536).contains(count))
    }
}
