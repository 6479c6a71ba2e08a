import HTTPServer
import Locking
import TestSupport
import Testing

@Suite struct StreamTests {
    @Test func `a stream arrives in chunks and is whole, again and again on one connection`() async throws {
        try await withServer { _ in
            Response(
                status: 200, body: .stream(Script([.text("one,"), .bytes([]), .text("two,"), .text("three"), .end])))
        } _: { _, address in
            let client = try RawClient(address)
            for _ in 0..<3 {
                let answer = client.get("/")
                #expect(answer.value(of: "Content-Length") == nil)
                let (bytes, isWhole) = try #require(answer.dechunked)
                #expect(String(decoding: bytes, as: UTF8.self) == "one,two,three")
                #expect(isWhole)
            }
        }
    }

    @Test func `a piece larger than any buffer arrives whole`() async throws {
        let piece = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withServer { request in
            let length = request.path == "/declared" ? piece.count * 2 : nil
            return Response(status: 200, body: .stream(Script([.bytes(piece), .bytes(piece), .end]), length: length))
        } _: { _, address in
            let client = try RawClient(address)
            #expect(client.get("/").dechunked?.bytes == piece + piece)
            #expect(client.get("/declared").body == piece + piece)
        }
    }

    @Test func `HEAD of a stream pulls nothing`() async throws {
        let pulled = Flag()
        try await withServer { request in
            let script = Script([.text("body"), .end]) { pulled.raise() }
            return Response(status: 200, body: .stream(script, length: request.path == "/declared" ? 4 : nil))
        } _: { _, address in
            let unknown = try RawClient(address)
            unknown.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            let (bytes, end) = unknown.read()
            #expect(Answer(bytes).status == 200)
            #expect(Answer(bytes).value(of: "Content-Length") == nil)
            #expect(Answer(bytes).body.isEmpty)
            #expect(end == .closed)
            let client = try RawClient(address)
            #expect(client.get("/declared", method: "HEAD").value(of: "Content-Length") == "4")
            #expect(pulled.value == nil)
            #expect(client.get("/declared").text == "body")
        }
    }

    @Test func `a pause blocks no other client, and the pieces arrive when they are made`() async throws {
        try await withServer { request in
            guard request.path == "/slow" else { return .plain("fast") }
            let steps: [StreamChunk] = (0..<3).flatMap { [.text("\($0);"), .pause(milliseconds: 200)] } + [.end]
            return Response(status: 200, body: .stream(Script(steps)))
        } _: { _, address in
            let slow = try (0..<20).map { _ in try RawClient(address) }
            let fast = try RawClient(address)
            slow.forEach { $0.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") }
            #expect(slow[0].read { String(decoding: $0, as: UTF8.self).contains("0;") }.end == .enough)
            let time = seconds { for _ in 0..<20 { #expect(fast.get("/").text == "fast") } }
            // One after the other the slow ones would take twelve seconds.
            #expect(time < 6)
            for client in slow.dropFirst() {
                let answer = client.answer()
                #expect(answer.dechunked.map { String(decoding: $0.bytes, as: UTF8.self) } == "0;1;2;")
            }
        }
    }

    @Test func `a deferred response delays even the status line`() async throws {
        try await withServer { request in
            .deferred(Wakeup(afterMilliseconds: 300)) { _ in .plain("late") }
        } _: { _, address in
            let client = try RawClient(address)
            for _ in 0..<2 {
                var first: [UInt8] = []
                let time = seconds {
                    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    first = client.read { !$0.isEmpty }.bytes
                }
                #expect(time >= 0.3)
                let rest = client.read { Answer(first + $0).isWhole }.bytes
                #expect(Answer(first + rest).text == "late")
            }
        }
    }

    @Test(arguments: [nil, 1_000])
    func `a cut ends the body in the middle`(_ length: Int?) async throws {
        try await withServer { _ in
            Response(
                status: 200,
                body: .stream(Script([.text("first"), .pause(milliseconds: 20), .abort(reset: false)]), length: length))
        } _: { _, address in
            let client = try RawClient(address)
            let answer = client.get("/")
            #expect(answer.end == .closed)
            #expect(answer.status == 200)
            #expect(answer.text.contains("first"))
            #expect(!answer.isWhole)
        }
    }

    @Test func `an end before the declared length is a cut, too`() async throws {
        try await withServer { _ in
            Response(status: 200, body: .stream(Script([.text("four"), .end]), length: 5))
        } _: { _, address in
            let answer = try RawClient(address).get("/")
            #expect(answer.value(of: "Content-Length") == "5")
            #expect(answer.text == "four")
            #expect(answer.end == .closed)
        }
    }

    @Test func `a reset is a reset, before the answer or in it`() async throws {
        let finished = Flag()
        try await withServer { request in
            var response = Response.abort
            if request.path == "/later" {
                let steps: [StreamChunk] = [.text("x"), .pause(milliseconds: 50), .abort(reset: true)]
                response = Response(status: 200, body: .stream(Script(steps)))
            }
            response.onFinished = { finish in finished.raise(finish.isComplete) }
            return response
        } _: { _, address in
            let now = try RawClient(address).get("/")
            #expect(now.end == .reset)
            #expect(now.status == nil)
            let client = try RawClient(address)
            client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.read { String(decoding: $0, as: UTF8.self).hasSuffix("x\r\n") }.end == .enough)
            #expect(client.read().end == .reset)
            #expect(try await eventually { finished.count == 2 && finished.value == false })
        }
    }

    @Test func `a client that leaves a suspended response is noticed`() async throws {
        let finished = Flag()
        try await withServer { request in
            var response = Response.silence
            if request.path == "/stream" {
                response = Response(status: 200, body: .stream(Script([.text("x"), .wait(Wakeup())])))
            }
            response.onFinished = { finish in finished.raise(finish.isComplete) }
            return response
        } _: { _, address in
            for (count, path) in ["/silence", "/stream"].enumerated() {
                var client: RawClient? = try RawClient(address)
                client?.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(client?.read(seconds: 0.2).end == .timeout)
                #expect(finished.count == count)
                client = nil
                #expect(try await eventually { finished.count == count + 1 })
            }
        }
    }
}
