import Foundation
import HTTPServer
import Locking
import TestSupport
import Testing

@Suite struct StopTests {
    private let body = SharedBuffer([UInt8](repeating: 0x61, count: 16 << 20))

    @Test func `without clients a stop is immediate, whatever the grace`() async throws {
        try await withServer(handler: { _ in .plain("ok") }) { server, address in
            let idle = try RawClient(address)
            #expect(idle.get("/").text == "ok")
            let silent = try RawClient(address)
            #expect(seconds { server.stop(graceSeconds: 30) } < 10)
            #expect(idle.read().end == .closed)
            #expect(silent.read().end != .timeout)
        }
    }

    @Test func `an answer under way ends whole within the grace, and no new connection is taken`() async throws {
        let finished = Flag()
        try await withServer { _ in
            let steps: [StreamChunk] = [.text("begun,"), .pause(milliseconds: 400), .text("ended"), .end]
            var response = Response(status: 200, body: .stream(Script(steps)))
            response.onFinished = { finish in finished.raise(finish.isComplete) }
            return response
        } _: { server, address in
            let client = try RawClient(address)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.read { String(decoding: $0, as: UTF8.self).contains("begun") }.end == .enough)
            async let time = stopped(server, grace: 20)
            #expect(
                try await eventually {
                    (try? RawClient(address)) == nil
                })
            let (bytes, end) = client.read()
            #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("ended\r\n0\r\n\r\n"))
            #expect(end == .closed)
            #expect(await time < 15)
            #expect(finished.value == true)
        }
    }

    @Test func `a signal during the grace does not shorten it`() async throws {
        signal(SIGUSR1) { _ in }
        try await withServer { _ in
            let steps: [StreamChunk] = [.text("begun,"), .pause(milliseconds: 1_000), .text("ended"), .end]
            return Response(status: 200, body: .stream(Script(steps)))
        } _: { server, address in
            let client = try RawClient(address)
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.read { String(decoding: $0, as: UTF8.self).contains("begun") }.end == .enough)
            let stopping = Locked<pthread_t?>(nil)
            let (isStopped, mayEnd) = (Flag(), DispatchSemaphore(value: 0))
            Thread.detachNewThread {
                // A thread that a task began would not take it.
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGUSR1)
                pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                stopping.withLock { $0 = pthread_self() }
                server.stop(graceSeconds: 20)
                isStopped.raise()
                mayEnd.wait()
            }
            try await #require(eventually { (try? RawClient(address)) == nil })
            let thread = try #require(stopping.withLock { $0 })
            for _ in 0..<20 {
                pthread_kill(thread, SIGUSR1)
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(String(decoding: client.read().bytes, as: UTF8.self).hasSuffix("ended\r\n0\r\n\r\n"))
            #expect(try await eventually { isStopped.value != nil })
            mayEnd.signal()
        }
    }

    @Test func `a stuck answer ends with the grace`() async throws {
        let finished = Flag()
        try await withServer { [body] request in
            var response = Response(status: 200, body: .buffers([body]))
            if request.path == "/silence" { response = .silence }
            if request.path == "/pause" {
                response = Response(status: 200, body: .stream(Script([.text("x"), .wait(Wakeup())])))
            }
            response.onFinished = { finish in finished.raise(finish.isComplete) }
            return response
        } _: { server, address in
            let clients = try ["/stuck", "/silence", "/pause"].map { path in
                let client = try RawClient(address, receiveBuffer: 4096)
                client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                return client
            }
            #expect(clients[0].read { !$0.isEmpty }.end == .enough)
            #expect(clients[2].read { String(decoding: $0, as: UTF8.self).contains("x\r\n") }.end == .enough)
            let time = await stopped(server, grace: 0.2)
            // Without the grace it would be the 30 seconds of an answer.
            #expect((0.2...10).contains(time))
            #expect(finished.count == 3)
            #expect(finished.value == false)
            #expect(clients[1].read().end != .timeout)
        }
    }

    private func stopped(_ server: Server, grace: Double) async -> Double {
        seconds { server.stop(graceSeconds: grace) }
    }
}
