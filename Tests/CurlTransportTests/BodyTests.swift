import CurlTransport
import Darktrace
import Foundation
import HTTPServer
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct BodyTests {
    private let loop: CurlLoop

    init() throws { loop = try CurlLoop() }

    /// The bytes as `gzip` makes them.
    private func gzipped(_ command: String) throws -> [UInt8] {
        try Command.output("/bin/sh", ["-c", command])
    }

    private func appliance(_ bytes: [UInt8], encoding: String = "gzip") throws -> Appliance {
        let body = SharedBuffer(bytes)
        return try Appliance { _ in
            Response(status: 200, headers: [("Content-Encoding", encoding)], body: .buffers([body]))
        }
    }

    @Test func `a compressed body arrives plain, and is counted so`() async throws {
        let appliance = try appliance(gzipped("seq 1 100000 | gzip"))
        let recorder = Recorder()
        let exchange = await CurlTransport(loop: loop, endpoint: appliance.endpoint()).get(to: recorder)
        #expect(exchange.failure == nil)
        #expect(exchange.bodyBytes == 588_895)
        #expect(recorder.text == (1...100_000).map { "\($0)\n" }.joined())
    }

    /// A coding of the body, how a shell makes it of standard input, and the value of `Content-Encoding`.
    @Test(arguments: [
        ("identity", "cat"), ("", "cat"), ("gzip", "gzip"), ("x-gzip", "gzip"), ("GZIP", "gzip"),
        ("gzip", "(head -c 1000 | gzip; gzip)"), ("gzip, gzip", "gzip | gzip"), ("identity, gzip", "gzip"),
        ("deflate", "python3 -c 'import sys,zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))'"),
        (
            "deflate",
            "python3 -c 'import sys,zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read())[2:-4])'"
        ),
        (
            "deflate\t , gzip",
            "python3 -c 'import sys,zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))' | gzip"
        ),
    ])
    func `every coding that HTTP knows is undone, and a body without its last bytes is malformed`(
        encoding: String, command: String
    ) async throws {
        let bytes = try gzipped("(printf '['; seq -s, 1 30000; printf ']') | \(command)")
        let text = "[" + (1...30_000).map(String.init).joined(separator: ",") + "\n]"
        let recorder = Recorder()
        let whole = try appliance(bytes, encoding: encoding)
        let exchange = await CurlTransport(loop: loop, endpoint: whole.endpoint()).get(to: recorder)
        #expect(exchange.failure == nil)
        #expect(recorder.text == text)
        #expect(exchange.bodyBytes == text.utf8.count)
        let cut = try appliance(Array(bytes.dropLast(3)), encoding: encoding)
        let attempt = await ask(cut) { _ in true }
        #expect(attempt.error?.reason == .malformed)
    }

    @Test(arguments: ["br", "zstd", "gzip, br", "gzip,gzip,gzip,gzip,gzip,gzip", "rot13", "gzip br"])
    func `a coding that was not asked for is malformed`(encoding: String) async throws {
        let appliance = try appliance(gzipped("echo '[]' | gzip"), encoding: encoding)
        let exchange = await CurlTransport(loop: loop, endpoint: appliance.endpoint()).get()
        #expect(exchange.failure?.kind == .malformed)
        #expect(exchange.failure?.detail == "the body has an unknown content encoding")
    }

    @Test func `a compressed body that is damaged is malformed`() async throws {
        var bytes = try gzipped("seq 1 100000 | gzip")
        bytes[bytes.count / 2] ^= 0x55
        let appliance = try appliance(bytes)
        let exchange = await CurlTransport(loop: loop, endpoint: appliance.endpoint()).get()
        #expect(exchange.failure?.kind == .malformed)
    }

    @Test func `a compressed list that is cut is malformed, although its bytes arrived whole`() async throws {
        let bytes = try gzipped("(printf '['; seq -s, 1 100000; printf ']') | gzip")
        let appliance = try appliance(Array(bytes.dropLast(bytes.count / 2)))
        let attempt = await ask(appliance) { _ in true }
        #expect(attempt.error?.reason == .malformed)
        #expect(attempt.error?.detail.contains("truncated") == true)
    }

    /// One try of the client over the real transport.
    private func ask(
        _ appliance: Appliance, take: @escaping @Sendable (Result<ModelBreach, UnreadableRecord>) -> Bool
    ) async -> Attempt {
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint())
        return await Client(transport: transport, dateFormat: .spaced, timeout: 60, userAgent: "tests/1").send(
            ModelBreachesRequest(startMilliseconds: 0, endMilliseconds: 1),
            credentials: .unused, wallMilliseconds: 0, onElement: take)
    }

    @Test(arguments: ["gzip", "gzip, gzip"]) func `an inflation bomb is too large`(encoding: String) async throws {
        let twice = encoding == "gzip" ? "" : " | gzip -9"
        let appliance = try appliance(gzipped("head -c 200000000 /dev/zero | gzip -9\(twice)"), encoding: encoding)
        let recorder = Recorder(keepsBody: false)
        let exchange = await CurlTransport(loop: loop, endpoint: appliance.endpoint()).get(to: recorder)
        #expect(exchange.failure?.kind == .tooLarge)
        #expect(exchange.failure?.detail.contains("400 times") == true)
        #expect(recorder.byteCount < 40_000_000)
    }

    @Test func `a body beyond all bounds is too large`() async throws {
        let appliance = try Appliance { _ in Response(status: 200, body: .stream(EndlessBody(limit: .max))) }
        let endpoint = appliance.endpoint { $0.bodyLimits.bytes = 1_000_000 }
        let exchange = await CurlTransport(loop: loop, endpoint: endpoint).get(to: Recorder(keepsBody: false))
        #expect(exchange.failure?.kind == .tooLarge)
        #expect(exchange.failure?.detail.contains("1000000 bytes") == true)
    }

    @Test func `memory stays flat under a body of 100 MB`() async throws {
        let appliance = try Appliance { _ in Response(status: 200, body: .stream(EndlessBody(limit: 100_000_000))) }
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint())
        _ = await transport.get(to: Recorder(keepsBody: false, limit: 1_000_000))
        // Other suites run at the same time, so the quietest of some rounds counts; a body that is held is held in each.
        var growth = Int.max
        for _ in 0..<5 where growth > 50_000 {
            try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)  // resets the peak
            let before = try peak()
            let exchange = await transport.get(timeout: 60, to: Recorder(keepsBody: false))
            #expect(exchange.failure == nil)
            #expect(exchange.bodyBytes > 99_000_000)
            growth = try peak() - before
        }
        #expect(growth < 50_000)
        let records = Counter()
        let attempt = await ask(appliance) { _ in records.next() < 200_000 }
        #expect(attempt.error?.reason == .tooLarge)
        #expect(records.count == 200_000)
    }

    /// The most memory that was resident at once, in KB.
    private func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return try #require(Int(line.split(whereSeparator: \.isWhitespace).dropFirst().first ?? ""))
    }
}
