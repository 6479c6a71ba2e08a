import HTTPServer
import Testing

@Suite struct DeadlineTests {
    private let body = SharedBytes([UInt8](repeating: 0x61, count: 32 << 20))

    /// How long the server bore the client, in seconds.
    private func borne(_ client: RawClient, atMost limit: Double = 8) -> Double {
        seconds { _ = client.read(seconds: limit) }
    }

    @Test func `a silent client is ended`() async throws {
        try await withServer(deadlines: Deadlines(request: 0.3), handler: { _ in .plain("") }) { _, address in
            let time = borne(try RawClient(address))
            #expect((0.25...3).contains(time))
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x", "GET /", "G", "\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ])
    func `half a request is ended`(_ half: String) async throws {
        try await withServer(deadlines: Deadlines(request: 0.3), handler: { _ in .plain("") }) { _, address in
            let client = try RawClient(address)
            client.send(half)
            let time = borne(client)
            #expect((0.2...3).contains(time))
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nX-Long: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"])
    func `a byte now and then prolongs nothing`(_ start: String) async throws {
        try await withServer(deadlines: Deadlines(request: 0.5), handler: { _ in .plain("") }) { _, address in
            let client = try RawClient(address)
            client.send(start)
            let time = seconds {
                for _ in 0..<100 where client.read(seconds: 0.05).end == .timeout { client.send("a") }
            }
            #expect(time < 4)
            #expect(client.read(seconds: 1).end != .timeout)
        }
    }

    @Test func `a reader that takes nothing is ended, and others are served meanwhile`() async throws {
        let finished = Flag()
        try await withServer(deadlines: Deadlines(answer: 1)) { [body] request in
            guard request.path == "/large" else { return .plain("small") }
            var response = Response(status: 200, body: .pieces([body]))
            response.onFinished = { finish in finished.raise(finish.isWhole) }
            return response
        } _: { _, address in
            let stuck = try RawClient(address, receiveBuffer: 4096)
            stuck.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            let other = try RawClient(address)
            let time = seconds { #expect(other.get("/").text == "small") }
            #expect(time < 0.5)
            #expect(finished.value == nil)
            #expect(try await eventually(seconds: 5) { finished.value == false })
        }
    }

    @Test func `a reader that is slow beyond the deadline is ended`() async throws {
        let finished = Flag()
        try await withServer(deadlines: Deadlines(answer: 0.7)) { [body] _ in
            var response = Response(status: 200, body: .pieces([body]))
            response.onFinished = { finish in finished.raise(finish.isWhole) }
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
        try await withServer(deadlines: Deadlines(request: 0.3, answer: 0.3, idle: 0.8), handler: { _ in .plain("ok") })
        {
            _, address in
            let client = try RawClient(address)
            for _ in 0..<5 {
                #expect(client.get("/").text == "ok")
                #expect(client.read(seconds: 0.35).end == .timeout)
            }
            #expect(client.get("/").text == "ok")
            let time = borne(client)
            #expect((0.6...4).contains(time))
        }
    }

    @Test func `a paused answer is ended at its deadline`() async throws {
        let finished = Flag()
        try await withServer(deadlines: Deadlines(answer: 0.4)) { _ in
            var response = Response.silence
            response.onFinished = { finish in finished.raise(finish.isWhole) }
            return response
        } _: { _, address in
            let client = try RawClient(address)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let (bytes, end) = client.read(seconds: 5)
            #expect(bytes.isEmpty)
            #expect(end != .timeout)
            #expect(try await eventually { finished.value == false })
        }
    }
}
