import Locking
import Metrics
import TestSupport
import Testing

@testable import HTTPServer
@testable import ScrapeEndpoint

@Suite struct ScrapeHandlerTests {
    private static let total = Descriptor("x_total", .counter, help: "X.")
    private static let lively = Descriptor("lively_total", .counter, help: "Lively.")

    /// Counts how often each part is made.
    private final class Source: Sendable {
        private let counts = Locked((snapshots: 0, liveSections: 0))
        var snapshots: Int { counts.withLock { $0.snapshots } }
        var liveSections: Int { counts.withLock { $0.liveSections } }

        func snapshot() -> [MetricFamily] {
            [
                MetricFamily(
                    total,
                    [
                        Series(
                            .none,
                            .number(
                                counts.withLock {
                                    $0.snapshots += 1; return Double($0.snapshots)
                                }))
                    ])
            ]
        }

        func live() -> [MetricFamily] {
            [
                MetricFamily(
                    lively,
                    [
                        Series(
                            .none,
                            .number(
                                counts.withLock {
                                    $0.liveSections += 1; return Double($0.liveSections)
                                }))
                    ])
            ]
        }
    }

    private let source = Source()
    private let time = ManualTime()

    private func makePublisher(maxRequests: Int = 40) -> ScrapeHandler {
        ScrapeHandler(snapshot: source.snapshot, live: source.live, maxRequests: maxRequests, time: time.steady)
    }

    /// The variants that are rendered already.
    private func variants(of snapshot: Snapshot) -> Set<Variant> { snapshot.parts.withLock { Set($0.keys) } }

    private func body(of response: Response) throws -> SharedBody {
        guard case .shared(let body) = response.body else { throw Unshared() }
        return body
    }

    private struct Unshared: Error {}

    @Test func `changes within a second join one snapshot, and without a change none is made`() async throws {
        let publisher = makePublisher()
        #expect(source.snapshots == 1)
        let run = Task { await publisher.run() }
        for _ in 0..<100 { publisher.setNeedsSnapshot() }
        #expect(try await eventually { time.sleepers == [1_000_000_000] })
        for _ in 0..<100 { publisher.setNeedsSnapshot() }
        #expect(source.snapshots == 1)
        time.advance(milliseconds: 1_000)
        #expect(try await eventually { source.snapshots == 2 && time.sleepers.isEmpty })

        time.advance(milliseconds: 5_000)
        publisher.setNeedsSnapshot()
        #expect(try await eventually { source.snapshots == 3 })
        time.advance(milliseconds: 300)
        publisher.setNeedsSnapshot()
        #expect(try await eventually { time.sleepers == [7_000_000_000] })
        time.advance(milliseconds: 700)
        #expect(try await eventually { source.snapshots == 4 })
        run.cancel()
        await run.value
        #expect(time.sleepers.isEmpty)
    }

    @Test func `a publisher that is cancelled while it sleeps ends at once`() async throws {
        let publisher = makePublisher()
        let run = Task { await publisher.run() }
        publisher.setNeedsSnapshot()
        #expect(try await eventually { !time.sleepers.isEmpty })
        run.cancel()
        await run.value
        #expect(source.snapshots == 1)
    }

    @Test func `scrapes share one body until the tail is over 100 ms old`() throws {
        let publisher = makePublisher()
        let first = try body(of: publisher.respond(to: Request(target: "/metrics")))
        time.advance(milliseconds: 100)
        let second = try body(of: publisher.respond(to: Request(target: "/metrics")))
        #expect(first === second)
        #expect(source.liveSections == 1)
        time.advance(milliseconds: 1)
        let third = try body(of: publisher.respond(to: Request(target: "/metrics")))
        #expect(first !== third)
        #expect(source.liveSections == 2)
        #expect(source.snapshots == 1)
    }

    @Test func `versions and escapings of one syntax share a body, other variants have their own`() throws {
        let publisher = makePublisher()
        func body(_ accept: String, _ encoding: String = "identity") throws -> SharedBody {
            let request = Request(target: "/", fields: [("Accept", accept), ("Accept-Encoding", encoding)])
            return try self.body(of: publisher.respond(to: request))
        }
        let openMetrics = try body("application/openmetrics-text")
        #expect(try body("application/openmetrics-text;version=0.0.1") === openMetrics)
        #expect(try body("application/openmetrics-text;escaping=dots") === openMetrics)
        #expect(try body("text/plain") !== openMetrics)
        #expect(try body("application/openmetrics-text", "gzip") !== openMetrics)
        #expect(source.liveSections == 1)
    }

    @Test func `a variant is prepared with a snapshot if it was asked for within ten minutes`() async throws {
        let publisher = makePublisher()
        let run = Task { await publisher.run() }
        defer { run.cancel() }
        #expect(variants(of: publisher.snapshot).isEmpty)
        _ = publisher.respond(to: Request(target: "/", fields: [("Accept-Encoding", "gzip")]))
        let asked: Set = [Variant(syntax: .text, coding: .gzip)]
        #expect(variants(of: publisher.snapshot) == asked)

        time.advance(milliseconds: 599_000)
        publisher.setNeedsSnapshot()
        #expect(try await eventually { source.snapshots == 2 && variants(of: publisher.snapshot) == asked })
        let kept = publisher.snapshot
        time.advance(milliseconds: 2_000)
        publisher.setNeedsSnapshot()
        #expect(try await eventually { publisher.snapshot !== kept })
        #expect(variants(of: publisher.snapshot).isEmpty)
    }

    @Test func `scrapes above the limit are sent away until one has ended`() {
        let publisher = makePublisher(maxRequests: 2)
        let first = publisher.respond(to: Request(target: "/"))
        let second = publisher.respond(to: Request(method: "HEAD", target: "/"))
        #expect([first.status, second.status] == [200, 200])
        for _ in 0..<3 {
            let refused = publisher.respond(to: Request(target: "/"))
            #expect(refused.status == 503)
            #expect(refused.onFinished == nil)
        }
        first.onFinished?(Response.Completion(status: 200, isComplete: false))
        #expect(publisher.respond(to: Request(target: "/")).status == 200)
        #expect(publisher.respond(to: Request(target: "/")).status == 503)
        time.advance(milliseconds: 1_000)
        #expect(publisher.respond(to: Request(target: "/")).status == 200, "slow readers do not count")
    }

    @Test func `a limit of 0 is none`() {
        let publisher = makePublisher(maxRequests: 0)
        for _ in 0..<100 { #expect(publisher.respond(to: Request(target: "/")).status == 200) }
    }

    @Test func `headers that change with each scrape fill no memory, and are read all the same`() {
        var memory = NegotiationCache()
        for number in 0..<1_000 {
            let offer = memory.variant(accept: ["text/plain, a/b\(number)"], acceptEncoding: ["gzip"])
            #expect(offer.variant == Variant(syntax: .text, coding: .gzip))
            #expect(memory.count <= 64)
        }
        let long = "application/openmetrics-text;x=" + String(repeating: "x", count: 2_000)
        let before = memory.count
        #expect(memory.variant(accept: [long], acceptEncoding: []).variant.syntax == .openMetrics)
        #expect(memory.count == before)
    }
}
