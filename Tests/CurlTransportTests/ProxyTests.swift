import CurlTransport
import Darktrace
import HTTPServer
import Testing

@Suite struct ProxyTests {
    private let loop: CurlLoop

    init() throws { loop = try CurlLoop() }

    /// A proxy that forwards clients with the user and password to the port of the tunnel.
    private func proxy(to port: Int, seen: Counter) throws -> RawServer {
        try RawServer { connection in
            let head = connection.readHead()
            guard head.hasPrefix("CONNECT 127.0.0.1:\(port) HTTP/1.1\r\n") else { return }
            // "user:secret" in base64.
            guard head.contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n") else {
                connection.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            }
            _ = seen.next()
            connection.write("HTTP/1.1 200 Connection established\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n")
            connection.tunnel(to: port)
        }
    }

    @Test func `an exchange goes through the proxy, whose answer is not the appliance's`() async throws {
        let seen = Counter()
        let appliance = try Appliance()
        let proxy = try proxy(to: appliance.port, seen: seen)
        defer { proxy.stop() }
        let recorder = Recorder()
        let transport = CurlTransport(
            loop: loop, endpoint: appliance.endpoint { $0.proxy = "http://user:secret@127.0.0.1:\(proxy.port)" })
        let exchange = await transport.get(to: recorder)
        #expect(exchange.failure == nil)
        #expect(seen.count == 1)
        #expect(recorder.heads.count == 1)
        #expect(exchange.head?.first("date") != "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(recorder.text == "[{}]")
        #expect(exchange.certificateExpiry != nil)
        #expect(await transport.get().phases.connect == 0)
    }

    @Test(arguments: ["http://127.0.0.1:", "http://user:wrong-secret@127.0.0.1:"])
    func `a proxy that refuses is reported, without its password`(prefix: String) async throws {
        let appliance = try Appliance()
        let proxy = try proxy(to: appliance.port, seen: Counter())
        defer { proxy.stop() }
        let exchange = await CurlTransport(
            loop: loop, endpoint: appliance.endpoint { $0.proxy = "\(prefix)\(proxy.port)" }
        )
        .get()
        let failure = try #require(exchange.failure)
        #expect(failure.kind == .proxy)
        #expect(failure.detail.contains("407") && !failure.detail.contains("wrong-secret"))
        #expect(exchange.head == nil)
    }

    @Test func `a proxy that does not exist is reported`() async throws {
        let appliance = try Appliance()
        let port = try UnusedPort()
        defer { withExtendedLifetime(port) {} }
        for proxy in ["http://127.0.0.1:\(port.number)", "http://user:secret@\(longName):3128"] {
            let failure = await CurlTransport(loop: loop, endpoint: appliance.endpoint { $0.proxy = proxy }).get()
                .failure
            #expect(failure?.kind == .proxy)
            #expect(failure?.detail.contains("secret") == false)
        }
    }

    @Test(arguments: ["gopher://user:secret@127.0.0.1:1", "http://user:secret@127.0.0.1:port", "http://user:secret@"])
    func `a proxy that makes no sense does not show its password`(proxy: String) async throws {
        let failure = await CurlTransport(
            loop: loop, endpoint: Endpoint(isSecure: true, host: "127.0.0.1", port: 1, proxy: proxy)
        ).get().failure
        #expect(failure != nil)
        #expect(failure?.detail.contains("secret") == false)
    }

    @Test func `a proxy that never answers runs into the timeout`() async throws {
        let silent = try RawServer(silent: ())
        defer { silent.stop() }
        let appliance = try Appliance()
        let transport = CurlTransport(
            loop: loop, endpoint: appliance.endpoint { $0.proxy = "http://127.0.0.1:\(silent.port)" })
        #expect(await transport.get(timeout: 0.3).failure?.kind == .timeout)
    }

    private var longName: String { String(repeating: "x", count: 64) + ".invalid" }
}
