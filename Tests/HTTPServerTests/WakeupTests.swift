import Dispatch
import HTTPServer
import Locking
import TestSupport
import Testing

/// Answers that wait for something.
@Suite struct WakeupTests {
    @Test func `the answer is made when the delay is over, for the same request, and others are not held up`()
        async throws
    {
        let delay = Wakeup()
        try await withServer { request in
            guard request.path == "/later" else { return .plain("now") }
            return .deferred(delay) { request in
                .plain("\(request.method) \(request.path) \(request.values(of: "X-Own").first ?? "")")
            }
        } _: { _, address in
            let waiting = try RawClient(address)
            waiting.send("GET /later?a=b HTTP/1.1\r\nHost: x\r\nX-Own: field\r\n\r\n")
            for _ in 0..<20 { #expect(try RawClient(address).get("/").text == "now") }
            #expect(waiting.read(seconds: 0.1).end == .timeout)
            delay.fire()
            #expect(waiting.answer().text == "GET /later field")
            #expect(waiting.get("/").text == "now")
        }
    }

    @Test func `a delay that is over already costs nothing, and delays may follow each other`() async throws {
        try await withServer { _ in
            let delays = (Wakeup(), Wakeup(), Wakeup())
            delays.0.fire()
            return .deferred(delays.0) { _ in
                DispatchQueue.global().async { delays.1.fire() }
                return .deferred(delays.1) { _ in
                    delays.2.fire()
                    return .deferred(delays.2) { _ in .plain("at last") }
                }
            }
        } _: { _, address in
            let client = try RawClient(address)
            for _ in 0..<200 { #expect(client.get("/").text == "at last") }
            #expect(client.get("/", method: "HEAD").status == 200)
        }
    }

    @Test func `a client that leaves lets go of what it waited for, and a stop does not wait`() async throws {
        let delays = Locked<[WeakDelay]>([])
        let answered = Flag()
        try await withServer { request in
            let delay = Wakeup()
            delays.withLock { $0.append(WeakDelay(delay)) }
            return .deferred(delay) { _ in
                answered.raise()
                return .plain("too late")
            }
        } _: { server, address in
            var client: RawClient? = try RawClient(address)
            client?.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await eventually { delays.withLock { $0.first?.delay } != nil })
            client = nil
            #expect(try await eventually { delays.withLock { $0.first?.delay } == nil })

            let other = try RawClient(address)
            other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await eventually { delays.withLock { $0.count } == 2 })
            let held = delays.withLock { $0.last?.delay }
            #expect(seconds { server.stop(graceSeconds: 0.1) } < 5)
            held?.fire()
            #expect(other.read(seconds: 5).end != .timeout)
            #expect(answered.value == nil)
        }
    }

    private final class WeakDelay: Sendable {
        weak let delay: Wakeup?
        init(_ delay: Wakeup) { self.delay = delay }
    }
}
