import CurlTransport
import Darktrace
import Foundation
import HTTPServer
import Testing

@Suite struct ExchangeTests {
    private let loop: CurlLoop

    init() throws { loop = try CurlLoop() }

    /// One exchange with a raw server on plain HTTP.
    private func get(
        _ server: RawServer, timeout: Double = 30, to recorder: Recorder = Recorder(),
        _ change: (inout Endpoint) -> Void = { _ in }
    ) async -> TransportResult {
        var endpoint = Endpoint(isSecure: false, host: "127.0.0.1", port: server.port)
        change(&endpoint)
        return await CurlTransport(loop: loop, endpoint: endpoint).get(timeout: timeout, to: recorder)
    }

    @Test func `target and headers go out byte for byte`() async throws {
        let server = try RawServer { connection in
            let head = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(head.utf8.count)\r\n\r\n\(head)")
        }
        defer { server.stop() }
        let recorder = Recorder()
        let transport = CurlTransport(
            loop: loop, endpoint: Endpoint(isSecure: false, host: "127.0.0.1", port: server.port))
        let target = "/a/../b/./c//d?x=%41&y=a+b&x=1&empty=&z"
        let headers = [
            OutgoingRequest.Header("DTAPI-Token", "abc"), .init("DTAPI-Date", "2026-01-15 09:30:00"),
            .init("User-Agent", "tests/1"), .init("Accept", "application/json"), .init("Empty", ""),
        ]
        #expect(await transport.get(target, headers: headers, to: recorder).failure == nil)
        let lines = recorder.text.components(separatedBy: "\r\n")
        #expect(
            lines == [
                "GET \(target) HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "Accept-Encoding: gzip, deflate",
                "DTAPI-Token: abc", "DTAPI-Date: 2026-01-15 09:30:00", "User-Agent: tests/1",
                "Accept: application/json", "Empty:", "", "",
            ])
    }

    @Test(arguments: [
        ("/a b", "x"), ("/a#b", "x"), ("a", "x"), ("/a\r\nX: y", "x"), ("/", "a\r\nX: y"), ("/", "a\nb"), ("/", "a\0b"),
    ])
    func `what would break the request is not sent, and not shown`(target: String, token: String) async throws {
        let server = try RawServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        defer { server.stop() }
        let transport = CurlTransport(
            loop: loop, endpoint: Endpoint(isSecure: false, host: "127.0.0.1", port: server.port))
        let exchange = await transport.get(target, headers: [.init("DTAPI-Token", token)])
        #expect(exchange.failure?.kind == .unexpected)
        #expect(exchange.failure?.detail.contains("\n") == false)
    }

    @Test func `the header arrives once, in lower case, before the body`() async throws {
        let server = try RawServer(
            answering: "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nDate:  Thu, 15 Jan 2026 09:30:00 GMT \r\nX-A: 1\r\nx-a: 2\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nX-Trailer: 1\r\n\r\n")
        defer { server.stop() }
        let recorder = Recorder()
        let exchange = await get(server, to: recorder)
        #expect(exchange.failure == nil)
        #expect(recorder.heads == [try #require(exchange.head)])
        #expect(
            exchange.head?.headers == [
                .init("date", "Thu, 15 Jan 2026 09:30:00 GMT"), .init("x-a", "1"), .init("x-a", "2"),
                .init("transfer-encoding", "chunked"),
            ])
        #expect(recorder.text == "[]")
        #expect(exchange.bodyBytes == 2)
    }

    @Test(arguments: [
        ("cut by length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{}"),
        ("cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n[{}"),
        ("no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n"),
        ("bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n"),
        ("cut in the header", "HTTP/1.1 200 OK\r\nContent-Len"),
        ("no HTTP", "SSH-2.0-OpenSSH_9.2p1\r\n"), ("nothing", ""), ("HTTP/0.9", "[]"),
        ("no gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]"),
        ("unknown encoding", "HTTP/1.1 200 OK\r\nContent-Encoding: rot13\r\nContent-Length: 2\r\n\r\n[]"),
        (
            "huge header",
            "HTTP/1.1 200 OK\r\n" + String(repeating: "X: \(String(repeating: "y", count: 90_000))\r\n", count: 4)
                + "\r\n"
        ),
        ("endless header line", "HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 200_000)),
        ("endless status line", "HTTP/1.1 200 " + String(repeating: "O", count: 200_000)),
        ("negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n[]"),
    ])
    func `an answer that is broken is malformed`(name: String, answer: String) async throws {
        let server = try RawServer(answering: answer)
        defer { server.stop() }
        let exchange = await get(server)
        #expect(exchange.failure?.kind == .malformed)
        #expect(exchange.failure?.detail.lowercased().contains("memory") == false)
    }

    @Test func `a body that ends with the connection is whole`() async throws {
        let server = try RawServer(answering: "HTTP/1.0 200 OK\r\n\r\n[]")
        defer { server.stop() }
        #expect(await get(server).failure == nil)
    }

    @Test func `a body over TLS that is cut is malformed`() async throws {
        let appliance = try Appliance { _ in Response(status: 200, body: .stream(CutBody())) }
        let recorder = Recorder()
        let exchange = await CurlTransport(loop: loop, endpoint: appliance.endpoint()).get(to: recorder)
        #expect(exchange.failure?.kind == .malformed)
        #expect(exchange.head?.status == 200)
        #expect(recorder.text == "[{")
    }

    @Test func `a redirection is not followed`() async throws {
        let second = try RawServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        let first = try RawServer(
            answering:
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:\(second.port)/\r\nContent-Length: 5\r\n\r\nFound")
        defer {
            first.stop()
            second.stop()
        }
        let recorder = Recorder()
        let exchange = await get(first, to: recorder)
        #expect(exchange.failure == nil)
        #expect(exchange.head?.status == 302)
        #expect(recorder.text == "Found")
    }

    @Test func `a receiver that wants no more ends the exchange`() async throws {
        let appliance = try Appliance { _ in Response(status: 200, body: .stream(EndlessBody(limit: .max))) }
        let exchange = await CurlTransport(loop: loop, endpoint: appliance.endpoint())
            .get(to: Recorder(keepsBody: false, limit: 100_000))
        #expect(exchange.failure?.kind == .rejectedBySink)
        #expect((100_000..<400_000).contains(exchange.bodyBytes))
    }

    @Test func `a connection is used again, and its expiry is kept`() async throws {
        let appliance = try Appliance()
        let transport = CurlTransport(loop: loop, endpoint: appliance.endpoint())
        let first = await transport.get()
        let second = await transport.get()
        #expect(first.failure == nil && second.failure == nil)
        #expect(first.phases.connect > 0 && first.phases.tls > 0 && first.phases.wait > 0)
        #expect(second.phases.resolve == 0 && second.phases.connect == 0 && second.phases.tls == 0)
        #expect(second.phases.wait > 0)
        #expect(first.certificateExpiry != nil)
        #expect(second.certificateExpiry == first.certificateExpiry)
    }

    @Test func `the environment names no proxy`() async throws {
        for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            setenv(name, "http://127.0.0.1:1", 1)
        }
        let appliance = try Appliance()
        #expect(await CurlTransport(loop: loop, endpoint: appliance.endpoint()).get().failure == nil)
    }
}

/// Begins a list and closes the connection.
private struct CutBody: BodyStream {
    private let pulls = Counter()

    func next() -> StreamChunk { pulls.next() == 1 ? .bytes(Array("[{".utf8)) : .abort(reset: false) }
}
