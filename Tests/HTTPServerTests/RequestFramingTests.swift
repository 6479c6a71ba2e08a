import HTTPServer
import Testing
import Values

/// What RFC 9112 demands, by the bytes of the response and by what happens to the next request on the connection.
@Suite struct RequestFramingTests {
    private static let next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nhello",
        "GET /\0x HTTP/1.1\r\nHost: x\r\n\r\n", "GET /?a=\0x HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a\u{1}b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\nD: e\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA:\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\u{1}c\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    ])
    func `a malformed request is answered once with 400, and nothing after it is read`(request: String) async throws {
        try await withServer(handler: { request in .plain(request.path) }) { _, address in
            for parts in [[request + Self.next], [String(request.prefix(30)), request.dropFirst(30) + Self.next]] {
                let client = try RawClient(address)
                for part in parts { client.send(part) }
                let (bytes, end) = client.read()
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text.hasPrefix("HTTP/1.1 400 "), "\(text)")
                #expect(text.lowercased().matches(of: /content-length:/).count == 1, "\(text)")
                #expect(text.matches(of: /HTTP\/1/).count == 1, "\(text)")
                let answer = Answer(bytes)
                #expect(answer.value(of: "Connection") == "close")
                #expect(answer.value(of: "Content-Length") == "\(answer.body.count)")
                #expect(end == .closed || end == .reset)
            }
        }
    }

    @Test func `a Content-Length that no number holds is answered once with 413`() async throws {
        try await withServer(handler: { _ in .plain("ok") }) { _, address in
            let client = try RawClient(address)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n")
            let bytes = client.read().bytes
            #expect(Answer(bytes).status == 413)
            #expect(Answer(bytes).value(of: "Content-Length") == "\(Answer(bytes).body.count)")
        }
    }

    @Test func `a bad length does not disturb a connection that is sending its header`() async throws {
        try await withServer(handler: { _ in .plain("ok") }) { _, address in
            // Another connection in the middle of its header is not touched.
            let other = try RawClient(address)
            other.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n")
            let client = try RawClient(address)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n")
            #expect(Answer(client.read().bytes).status == 400)
            other.send("\r\nok")
            #expect(other.answer().text == "ok")
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.1\r\nhost:x  \t\r\nA:  b\tc \r\nA:\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /?a=b HTTP/1.1\r\nHost: x\r\nCookie: a=b; c=\"d\"\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 9_000))\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\((0..<100).map { "X-\($0): value\r\n" }.joined())\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ])
    func `what is unusual but allowed is answered`(request: String) async throws {
        try await withServer(handler: { _ in .plain("ok") }) { _, address in
            let client = try RawClient(address)
            client.send(request)
            #expect(client.answer().text == "ok")
            let byByte = try RawClient(address)
            for byte in request.utf8.prefix(200) { byByte.send([byte]) }
            byByte.send(Array(request.utf8.dropFirst(200)))
            #expect(byByte.answer().text == "ok")
        }
    }

    @Test func `many parameters and cookies need no memory, and the query arrives whole`() async throws {
        try await withServer(handler: { request in .plain("\(request.query?.utf8.count ?? 0)") }) { _, address in
            let client = try RawClient(address)
            for count in [1, 1_000, 20_000] {
                let answer = client.get("/?" + String(repeating: "&", count: count))
                #expect(answer.status == 200)
                #expect(answer.text == "\(count)")
            }
            let cookies = String(repeating: "a;", count: 5_000)
            #expect(client.get("/", headers: "Cookie: \(cookies)\r\n").status == 200)
            #expect(client.get("/?a=b&c").text == "5")
        }
    }
}
