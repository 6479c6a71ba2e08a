import HTTPServer
import TestSupport
import Testing
import Values

@Suite struct TimeoutTests {
    private let body = SharedBuffer([UInt8](repeating: 0x61, count: 32 << 20))

    /// How long the server bore a client that sends this and no more, from the connection on, in seconds.
    private func borne(_ address: ListenAddress, sending text: String = "") throws -> Double {
        try seconds {
            let client = try RawClient(address)
            client.send(text)
            _ = client.read(seconds: 20)
        }
    }

    @Test func `a silent client is ended`() async throws {
        try await withServer(timeouts: Timeouts(read: 0.3), handler: { _ in .plain("") }) { _, address in
            let time = try borne(address)
            #expect((0.3...10).contains(time))
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x", "GET /", "G", "\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ])
    func `half a request is ended`(_ half: String) async throws {
        try await withServer(timeouts: Timeouts(read: 0.3), handler: { _ in .plain("") }) { _, address in
            let time = try borne(address, sending: half)
            #expect((0.3...10).contains(time))
        }
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "POST / HTTP/1.1\r\nHost:",
    ])
    func `half a request after a whole one on the same connection is ended`(_ half: String) async throws {
        // Only the time for a request can end it: idle connections live longer than the test.
        let timeouts = Timeouts(read: 0.7, idle: 600)
        try await withServer(timeouts: timeouts, handler: { request in .plain(request.path) }) { _, address in
            let client = try RawClient(address)
            client.send("POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            #expect(client.answer().text == "/first")
            // The time begins with the second request: the pause before it does not count.
            #expect(client.read(seconds: 1.5).end == .timeout)
            let time = seconds {
                client.send(half)
                let (bytes, end) = client.read(seconds: 30)
                #expect(bytes.isEmpty, "\(String(decoding: bytes, as: UTF8.self))")
                #expect(end == .closed || end == .reset)
            }
            #expect((0.5...20).contains(time), "\(time)")
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nX-Long: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"])
    func `a byte now and then prolongs nothing`(_ start: String) async throws {
        try await withServer(timeouts: Timeouts(read: 0.5), handler: { _ in .plain("") }) { _, address in
            let client = try RawClient(address)
            client.send(start)
            let time = seconds {
                for _ in 0..<400 where client.read(seconds: 0.05).end == .timeout { client.send("a") }
            }
            // The bytes alone last for twenty seconds.
            #expect(time < 15)
            #expect(client.read().end != .timeout)
        }
    }

    @Test func `a reader that takes nothing is ended, while others are served`() async throws {
        let finished = Flag()
        try await withServer(timeouts: Timeouts(write: 3)) { [body] request in
            guard request.path == "/large" else { return .plain("small") }
            var response = Response(status: 200, body: .buffers([body]))
            response.onFinished = { finish in finished.raise(finish.isComplete) }
            return response
        } _: { _, address in
            let stuck = try RawClient(address, receiveBuffer: 4096)
            stuck.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            let other = try RawClient(address)
            #expect(other.get("/").text == "small")
            #expect(finished.value == nil, "the reader is not ended yet")
            #expect(try await eventually(seconds: 20) { finished.value == false })
        }
    }

    @Test func `a reader that is slow beyond the deadline is ended`() async throws {
        let finished = Flag()
        try await withServer(timeouts: Timeouts(write: 0.7)) { [body] _ in
            var response = Response(status: 200, body: .buffers([body]))
            response.onFinished = { finish in finished.raise(finish.isComplete) }
            return response
        } _: { _, address in
            let slow = try RawClient(address, receiveBuffer: 4096)
            slow.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            var count = 0
            // Never idle: some kilobytes every few milliseconds.
            while finished.value == nil, count < 8 << 20 {
                let (bytes, end) = slow.read(seconds: 0.02) { $0.count > 4_000 }
                count += bytes.count
                if end == .closed || end == .reset { break }
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try await eventually { finished.value == false })
            #expect(count < body.bytes.count)
        }
    }

    @Test func `an idle connection is ended, and an answered one lives as long as it asks`() async throws {
        try await withServer(timeouts: Timeouts(read: 1.5, write: 1.5, idle: 5), handler: { _ in .plain("ok") }) {
            _, address in
            let client = try RawClient(address)
            for _ in 0..<5 {
                #expect(client.get("/").text == "ok")
                #expect(client.read(seconds: 0.35).end == .timeout)
            }
            // All this took longer than a request or an answer may.
            let time = seconds {
                #expect(client.get("/").text == "ok")
                #expect(client.read(seconds: 30).end != .timeout)
            }
            #expect((5...25).contains(time))
        }
    }

    @Test func `a paused answer is ended at its deadline`() async throws {
        let finished = Flag()
        try await withServer(timeouts: Timeouts(write: 0.4)) { _ in
            var response = Response.silence
            response.onFinished = { finish in finished.raise(finish.isComplete) }
            return response
        } _: { _, address in
            let client = try RawClient(address)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let (bytes, end) = client.read()
            #expect(bytes.isEmpty)
            #expect(end != .timeout)
            #expect(try await eventually { finished.value == false })
        }
    }
}
