import Crypto
import CurlTransport
import Darktrace
import Glibc
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(3))) struct CancellationTests {
    /// How long an exchange needs to end after its task was cancelled, once it has begun.
    private func cancel(_ transport: CurlTransport, _ recorder: Recorder = Recorder(), when begun: () -> Bool) async
        -> Duration
    {
        let task = Task { await transport.get(timeout: 60, to: recorder) }
        while !begun() { await Task.yield() }
        let begin = ContinuousClock.now
        task.cancel()
        let exchange = await task.value
        #expect(exchange.failure?.kind == .cancelled)
        return ContinuousClock.now - begin
    }

    @Test func `a stalled exchange ends at once`() async throws {
        let accepted = Counter()
        let server = try RawServer { connection in
            _ = accepted.next()
            connection.waitForEnd()
        }
        defer { server.stop() }
        // Reading the system's store would keep the loop busy for a while after the connection stands.
        let file = try Appliance.file(TestCertificate().authorityPEM)
        defer { unlink(file) }
        let transport = CurlTransport(
            loop: try CurlLoop(),
            endpoint: Endpoint(isSecure: true, host: "127.0.0.1", port: server.port, tls: .init(caFile: file)))
        let duration = await cancel(transport) { accepted.count > 0 }
        #expect(duration < atOnce)
        // The handle is good for the next one.
        let refused = await transport.get(timeout: 0.1)
        #expect(refused.failure?.kind == .timeout)
    }

    @Test func `an exchange in the middle of its body ends at once`() async throws {
        let appliance = try Appliance { _ in Response(status: 200, body: .stream(EndlessBody(limit: .max))) }
        let recorder = Recorder(keepsBody: false)
        let transport = CurlTransport(loop: try CurlLoop(), endpoint: appliance.endpoint())
        #expect(await cancel(transport, recorder) { recorder.byteCount > 100_000 } < atOnce)
        let count = recorder.byteCount
        let again = await transport.get(to: Recorder(keepsBody: false, limit: 1_000))
        #expect(again.failure?.kind == .rejectedBySink)
        #expect(recorder.byteCount == count, "nothing arrives after the end")
    }

    @Test func `what is cancelled before it begins sends nothing`() async throws {
        let accepted = Counter()
        let server = try RawServer { _ in _ = accepted.next() }
        defer { server.stop() }
        let transport = CurlTransport(
            loop: try CurlLoop(), endpoint: Endpoint(isSecure: false, host: "127.0.0.1", port: server.port))
        let exchange = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await transport.get()
        }.value
        #expect(exchange.failure?.kind == .cancelled)
        #expect(accepted.count == 0)
    }

    @Test func `the end of the loop ends what runs, and what comes later`() async throws {
        let accepted = Counter()
        let server = try RawServer { connection in
            _ = accepted.next()
            connection.waitForEnd()
        }
        defer { server.stop() }
        let loop = try CurlLoop()
        let transport = CurlTransport(
            loop: loop, endpoint: Endpoint(isSecure: false, host: "127.0.0.1", port: server.port))
        let task = Task { await transport.get(timeout: 30) }
        while accepted.count == 0 { await Task.yield() }
        loop.shutdown()
        #expect(await task.value.failure?.kind == .cancelled)
        #expect(await transport.get().failure?.kind == .unexpected)
    }

    @Test func `many exchanges begin and are cancelled at random`() async throws {
        let appliance = try Appliance { _ in Response(status: 200, body: .stream(EndlessBody(limit: 300_000))) }
        let loop = try CurlLoop()
        let transports = (0..<4).map { _ in CurlTransport(loop: loop, endpoint: appliance.endpoint()) }
        await withTaskGroup(of: TransportError.Kind?.self) { group in
            for index in 0..<90 {
                group.addTask {
                    let task = Task { await transports[index % 4].get(to: Recorder(keepsBody: false)) }
                    for _ in 0..<(index * 7919 % 400) { await Task.yield() }
                    if index % 3 != 0 { task.cancel() }
                    return await task.value.failure?.kind
                }
            }
            for await kind in group { #expect(kind == nil || kind == .cancelled) }
        }
    }
}
