import HTTPServer
import TestSupport
import Testing

@Suite struct LimitTests {
    @Test func `a request line that does not fit is 414, a header 431`() async throws {
        try await withServer(handler: { _ in .plain("ok") }) { _, address in
            let long = String(repeating: "a", count: 40_000)
            let many = (0..<5_000).map { "X-\($0): v\r\n" }.joined()
            let cases = [
                ("/\(long)", "", 414), ("/", "X: \(long)\r\n", 431), ("/", many, 431),
                ("/", "X: \(long.prefix(10_000))\r\n", 200),
            ]
            for (target, headers, status) in cases {
                let answer = try RawClient(address).get(target, headers: headers)
                #expect(answer.status == status)
            }
        }
    }

    @Test func `a body over the limit is 413, declared or not`() async throws {
        try await withServer(configure: { $0.bodyLimit = 1_000 }, handler: { _ in .plain("ok") }) { _, address in
            let declared = try RawClient(address)
            declared.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
            #expect(declared.answer().status == 413)
            let body = String(repeating: "x", count: 1_001)
            let chunked = try RawClient(address)
            chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n\(body)\r\n0\r\n\r\n")
            #expect(chunked.answer().status == 413)
            let allowed = try RawClient(address)
            allowed.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n\(body.prefix(1_000))")
            #expect(allowed.answer().status == 200)
        }
    }

    @Test func `a request without Host is 400`() async throws {
        try await withServer(handler: { _ in .plain("ok") }) { _, address in
            let client = try RawClient(address)
            client.send("GET / HTTP/1.1\r\n\r\n")
            #expect(client.answer().status == 400)
        }
    }

    @Test(arguments: [
        "\r\n\r\n\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\0\u{5}hello\n\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "GET / HTTP/1.1\r\nHost x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "GET /\0x HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "GET  /  HTTP/1.1\r\n\r\n",
        ": :\r\n : \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n : folded\r\n\tmore\r\n\r\n",
        "GET %zz?%%%&=&=%00 HTTP/1.1\r\nHost: \u{1}\r\n\r\n",
    ])
    func `garbage is served, refused or waited for, and the next client is served`(_ garbage: String) async throws {
        try await withServer(timeouts: Timeouts(read: 2, idle: 2)) { request in
            .plain("\(request.values(of: "host"))\(request.query ?? "")")
        } _: { _, address in
            let client = try RawClient(address)
            client.send(garbage)
            #expect(client.read(seconds: 20).end != .timeout)
            #expect(try RawClient(address).get("/").status == 200)
        }
    }

    @Test func `random bytes never stop the server`() async throws {
        try await withServer(timeouts: Timeouts(read: 2, idle: 2), handler: { _ in .plain("ok") }) {
            _, address in
            var generator = SeededRNG(seed: 7)
            for _ in 0..<100 {
                let client = try RawClient(address)
                let prefix = Bool.random(using: &generator) ? "GET / HTTP/1.1\r\n" : ""
                let count = Int.random(in: 1...3_000, using: &generator)
                client.send(Array(prefix.utf8) + (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
            }
            #expect(try RawClient(address).get("/").status == 200)
        }
    }

    @Test func `silent connections of one address leave a quarter of the limit to others`() async throws {
        try await withServer(configure: { $0.connectionLimit = 32 }, handler: { _ in .plain("ok") }) { _, address in
            let scraper = try RawClient(address)
            #expect(scraper.get("/").text == "ok")
            let silent = try (0..<100).map { _ in try RawClient(address) }
            let time = seconds {
                for _ in 0..<5 { #expect((try? RawClient(address, from: "127.0.0.2").get("/").text) == "ok") }
            }
            // The silent connections would keep a client waiting for ten seconds.
            #expect(time < 8)
            #expect(scraper.get("/").text == "ok")
            #expect(silent.last?.read(seconds: 5).end != .timeout, "a connection beyond the limit is closed at once")
        }
    }

    @Test func `what is reserved for other files leaves half of the limit to connections`() async throws {
        try await withServer(configure: { $0.reservedDescriptors = .max / 2 }, handler: { _ in .plain("ok") }) {
            _, address in
            // A client that keeps its connection.
            let scraper = try RawClient(address)
            #expect(scraper.get("/").text == "ok")
            #expect(try RawClient(address, from: "127.0.0.2").get("/").text == "ok")
        }
    }

    @Test func `connections beyond the limit wait until others end`() async throws {
        try await withServer(
            timeouts: Timeouts(read: 1), configure: { $0.connectionLimit = 4 }, handler: { _ in .plain("ok") }
        ) { _, address in
            let silent = try (1...4).map { try RawClient(address, from: "127.0.0.\($0)") }
            let waiting = try RawClient(address)
            waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(waiting.read(seconds: 0.3).end == .timeout)
            #expect(waiting.answer().text == "ok")
            #expect(silent[0].read(seconds: 5).end != .timeout)
        }
    }
}
