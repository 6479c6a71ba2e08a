import CurlTransport
import Darktrace
import Foundation
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct FailureTests {
    private let loop: CurlLoop

    init() throws { loop = try CurlLoop() }

    private func get(_ endpoint: Endpoint, timeout: Double = 10) async -> TransportResult {
        await CurlTransport(loop: loop, endpoint: endpoint).get(timeout: timeout)
    }

    @Test(arguments: [true, false]) func `where nothing listens nothing connects`(isSecure: Bool) async throws {
        let port = try UnusedPort()
        defer { withExtendedLifetime(port) {} }
        let exchange = await get(Endpoint(isSecure: isSecure, host: "127.0.0.1", port: port.number))
        #expect(exchange.failure?.kind == .connect)
        #expect(exchange.head == nil)
        #expect(exchange.phases.tls == 0 && exchange.phases.wait == 0 && exchange.phases.transfer == 0)
    }

    @Test func `a name that does not exist does not resolve`() async throws {
        // Too long for a label, so no name server is asked.
        let name = String(repeating: "x", count: 64) + ".invalid"
        let exchange = await get(Endpoint(isSecure: true, host: name, port: 443))
        #expect(exchange.failure?.kind == .resolve)
    }

    @Test(arguments: [true, false])
    func `a server that accepts and never responds causes a timeout`(isSecure: Bool) async throws {
        let server = try RawServer(silent: ())
        defer { server.stop() }
        let begin = ContinuousClock.now
        let exchange = await get(Endpoint(isSecure: isSecure, host: "127.0.0.1", port: server.port), timeout: 1)
        #expect(exchange.failure?.kind == .timeout)
        #expect(ContinuousClock.now - begin < .seconds(15))
        #expect((isSecure ? exchange.phases.tls : exchange.phases.wait) > 0.1, "\(exchange.phases)")
        #expect((0.9..<15).contains(exchange.phases.total))
    }

    @Test func `a body that stalls runs into the timeout`() async throws {
        let server = try RawServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[")
            connection.waitForEnd()
        }
        defer { server.stop() }
        let exchange = await get(Endpoint(isSecure: false, host: "127.0.0.1", port: server.port), timeout: 2)
        #expect(exchange.failure?.kind == .timeout)
        #expect(exchange.head?.status == 200)
        #expect(exchange.bodyBytes == 1)
        #expect(exchange.phases.transfer > 0.1)
    }

    @Test func `connecting has a deadline of its own`() async throws {
        let server = try RawServer(silent: ())
        defer { server.stop() }
        let endpoint = Endpoint(isSecure: true, host: "127.0.0.1", port: server.port, connectTimeout: 0.2)
        #expect(await get(endpoint, timeout: 30).failure?.kind == .timeout)
    }

    @Test func `a stalled appliance delays no other`() async throws {
        let silent = try RawServer(silent: ())
        defer { silent.stop() }
        let appliance = try Appliance()
        let stalled = CurlTransport(
            loop: loop, endpoint: Endpoint(isSecure: true, host: "127.0.0.1", port: silent.port))
        let ended = Counter()
        let slow = Task {
            defer { _ = ended.next() }
            return await stalled.get(timeout: 4)
        }
        for _ in 0..<20 { #expect(await get(appliance.endpoint()).failure == nil) }
        #expect(ended.count == 0, "twenty others were answered before it gave up")
        #expect(await slow.value.failure?.kind == .timeout)
    }
}
