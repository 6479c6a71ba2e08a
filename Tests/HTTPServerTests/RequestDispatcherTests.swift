import Foundation
import HTTPServer
import Testing

@Suite struct RequestDispatcherTests {
    private let echo: Handler = { request in
        Response.plain(
            [
                request.method, request.path, request.query ?? "nil", "\(request.isLoopbackPeer)",
                request.values(of: "x-list").joined(separator: "|"),
            ].joined(separator: "\n"))
    }

    @Test func `status, headers and body arrive as the handler gave them`() async throws {
        try await withServer { _ in
            var response = Response.text(418, "teapot")
            response.headers += [
                ("X-One", "1"), ("X-Two", "2"), ("X-One", "3"), ("Bad\nName", "x"), ("X", "bad\r\nY: z"),
            ]
            return response
        } _: { _, address in
            let answer = try RawClient(address).get("/")
            #expect(answer.status == 418)
            #expect(answer.text == "teapot\n")
            #expect(answer.value(of: "Content-Length") == "7")
            #expect(answer.values(of: "X-One") == ["1", "3"])
            #expect(answer.value(of: "Y") == nil)
            #expect(answer.value(of: "Date") != nil)
        }
    }

    @Test func `the request arrives as the client sent it`() async throws {
        try await withServer(handler: echo) { _, address in
            let answer = try RawClient(address).get(
                "/a%2Fb/%C3%A4?q=%20+&&x", headers: "X-List: a\r\nx-LIST:  b, c \r\nX-List:\r\n", method: "PURGE")
            #expect(answer.text == "PURGE\n/a%2Fb/%C3%A4\nq=%20+&&x\ntrue\na|b, c|")
        }
    }

    @Test func `HEAD has the header of GET and no body`() async throws {
        try await withServer(handler: echo) { _, address in
            let client = try RawClient(address)
            let head = client.get("/abc", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            let get = client.get("/abcd")
            #expect(head.value(of: "Content-Length") == get.value(of: "Content-Length"))
            #expect(get.text.hasPrefix("GET\n/abcd"))
        }
    }

    @Test func `a connection serves one request after the other`() async throws {
        try await withServer(handler: echo) { _, address in
            let client = try RawClient(address)
            for number in 0..<50 { #expect(client.get("/\(number)").text.hasPrefix("GET\n/\(number)\n")) }
        }
    }

    @Test func `pipelined requests are answered in order`() async throws {
        try await withServer(handler: { request in .plain(request.path) }) { _, address in
            let client = try RawClient(address)
            client.send((1...100).map { "GET /n\($0) HTTP/1.1\r\nHost: t\r\n\r\n" }.joined())
            let (bytes, _) = client.read { String(decoding: $0, as: UTF8.self).hasSuffix("/n100") }
            let text = String(decoding: bytes, as: UTF8.self)
            let paths = text.matches(of: /\/n(\d+)/).compactMap { Int($0.1) }
            #expect(paths == Array(1...100))
        }
    }

    @Test func `HTTP 1_0 is served, and closed after the answer`() async throws {
        try await withServer(handler: echo) { _, address in
            let client = try RawClient(address)
            client.send("GET / HTTP/1.0\r\n\r\n")
            let (bytes, end) = client.read()
            #expect(Answer(bytes).status == 200)
            #expect(end == .closed)
        }
    }

    @Test func `a body is read and thrown away, and the connection lives on`() async throws {
        try await withServer(handler: echo) { _, address in
            let client = try RawClient(address)
            let body = String(repeating: "x", count: 300_000)
            client.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(client.answer().text.hasPrefix("POST\n/p"))
            client.send("POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            #expect(client.answer().text.hasPrefix("POST\n/c"))
            #expect(client.get("/after").text.hasPrefix("GET\n/after"))
        }
    }

    @Test func `many pieces are sent one after the other, empty ones too`() async throws {
        let pieces = (0..<200).map { SharedBuffer(Array(String(repeating: "\($0),", count: $0 % 3 * 1_000).utf8)) }
        let expected = pieces.flatMap(\.bytes)
        try await withServer(handler: { _ in Response(status: 200, body: .buffers(pieces)) }) { _, address in
            let client = try RawClient(address)
            #expect(client.get("/").body == expected)
            #expect(client.get("/").body == expected)
        }
    }

    @Test func `nothing is a body too`() async throws {
        let empty = SharedBody([SharedBuffer([])])
        try await withServer { request in
            Response(status: 200, body: request.path == "/shared" ? .shared(empty) : .buffers([]))
        } _: { _, address in
            for path in ["/", "/shared"] {
                let answer = try RawClient(address).get(path)
                #expect(answer.value(of: "Content-Length") == "0")
            }
        }
    }

    @Test func `a shared body goes out under different headers`() async throws {
        let shared = SharedBody([SharedBuffer(Array("stable;".utf8)), SharedBuffer(Array("tail".utf8))])
        #expect(shared.count == 11)
        try await withServer { request in
            Response(
                status: request.path == "/a" ? 200 : 203, headers: [("X-Path", request.path)], body: .shared(shared))
        } _: { _, address in
            let client = try RawClient(address)
            for path in ["/a", "/b", "/a"] + (0..<20).map({ "/\($0)" }) {
                let answer = client.get(path)
                #expect(answer.value(of: "X-Path") == path)
                #expect(answer.status == (path == "/a" ? 200 : 203))
                #expect(answer.text == "stable;tail")
            }
        }
    }
}
