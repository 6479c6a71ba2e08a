import Locking
import Metrics
import TestSupport
import Testing

@testable import HTTPServer
@testable import ScrapeEndpoint

@Suite struct ScrapeHandlerTests {
    private static let total = Descriptor("x_total", .counter, labels: ["appliance"], help: "X.")
    private static let lively = Descriptor("lively_total", .counter, help: "Lively.")

    /// Counts how often each part is collected.
    private final class Source: Sendable {
        private struct Counts {
            var collections = 0
            var liveSections = 0
            var collected: [String] = []
            var statuses: [Int] = []
            var revisions: [String: UInt64] = ["a": 0, "b": 0]
        }

        private let counts = Locked(Counts())
        var collections: Int { counts.withLock { $0.collections } }
        var liveSections: Int { counts.withLock { $0.liveSections } }
        var statuses: [Int] { counts.withLock { $0.statuses } }
        /// The groups whose families were collected since the last call.
        func takeCollected() -> [String] {
            counts.withLock { counts in
                defer { counts.collected = [] }
                return counts.collected
            }
        }

        func answered(_ status: Int) { counts.withLock { $0.statuses.append(status) } }

        func change(_ group: String) { counts.withLock { $0.revisions[group, default: 0] += 1 } }

        func groups() -> [MetricGroup] {
            let revisions = counts.withLock { counts in
                counts.collections += 1
                return counts.revisions
            }
            return revisions.map { name, revision in
                MetricGroup(name, revision: [revision]) {
                    self.counts.withLock { $0.collected.append(name) }
                    return [MetricFamily(total, [Series(Labels(["appliance"], [name]), .number(Double(revision)))])]
                }
            }
        }

        func live(_ scope: ScrapeScope) -> [MetricFamily] {
            let number = counts.withLock { counts in
                counts.liveSections += 1
                return counts.liveSections
            }
            return [MetricFamily(lively, [Series(.none, .number(Double(number)))])]
        }
    }

    private let source = Source()
    private let time = ManualTime()

    /// Timers that a test fires.
    private final class Later: Sendable {
        private let waiting = Locked<[(milliseconds: Int64, function: @Sendable () -> Void)]>([])
        private let delays = Locked<[Int64]>([])

        func add(_ nanoseconds: Int64, _ function: @escaping @Sendable () -> Void) {
            waiting.withLock { $0.append((nanoseconds / 1_000_000, function)) }
            delays.withLock { $0.append(nanoseconds / 1_000_000) }
        }

        /// The delays in milliseconds since the last call.
        func takeDelays() -> [Int64] {
            delays.withLock { delays in
                defer { delays = [] }
                return delays
            }
        }

        /// Runs what has waited for longest.
        func run() { waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }?.function() }
    }

    private func makeHandler(maxRequests: Int = 40, later: Later = Later()) -> ScrapeHandler {
        ScrapeHandler(
            groups: source.groups, live: source.live, isAppliance: { ["a", "b"].contains($0) },
            maxRequests: maxRequests, time: time.steady, onAnswer: source.answered, workers: BuildWorkers(),
            runLater: later.add)
    }

    @Test func `nothing is collected or rendered without a scrape`() async {
        let handler = makeHandler()
        for _ in 0..<100 {
            source.change("a")
            handler.markStale()
            time.advance(milliseconds: 1_000)
        }
        #expect(source.collections == 0)
        #expect(handler.work == RenderingWork())
        _ = await handler.scrape()
        #expect(source.collections == 1)
    }

    @Test func `changes within a second share a collection, and without a change there is none`() async {
        let handler = makeHandler()
        _ = await handler.scrape()
        for _ in 0..<10 {
            handler.markStale()
            time.advance(milliseconds: 99)
            _ = await handler.scrape()
        }
        #expect(source.collections == 1)
        time.advance(milliseconds: 10)
        _ = await handler.scrape()
        #expect(source.collections == 2)
        time.advance(milliseconds: 60_000)
        _ = await handler.scrape()
        #expect(source.collections == 2, "nothing changed")
    }

    @Test func `a scrape collects and renders only the groups that changed`() async throws {
        let handler = makeHandler()
        _ = await handler.scrape()
        #expect(source.takeCollected().sorted() == ["a", "b"])
        source.change("b")
        handler.markStale()
        time.advance(milliseconds: 1_000)
        let body = try #require(await handler.scrape().body)
        #expect(source.takeCollected() == ["b"])
        #expect(String(decoding: body.bytes, as: UTF8.self).contains("x_total{appliance=\"b\"} 1\n"))
    }

    @Test func `what changed is made shortly before the next scrape of a regular scraper`() async throws {
        let later = Later()
        let handler = makeHandler(later: later)
        for _ in 0..<3 {
            time.advance(milliseconds: 15_000)
            _ = await handler.scrape()
        }
        #expect(later.takeDelays() == [14_300])
        source.change("a")
        handler.markStale()
        time.advance(milliseconds: 14_300)
        later.run()
        #expect(source.collections == 2)
        time.advance(milliseconds: 700)
        let body = try #require(await handler.scrape().body)
        #expect(source.collections == 2, "the scrape found it made")
        #expect(String(decoding: body.bytes, as: UTF8.self).contains("x_total{appliance=\"a\"} 1\n"))
        source.change("a")
        handler.markStale()
        time.advance(milliseconds: 1_000)
        _ = await handler.scrape()
        #expect(source.collections == 3, "a scrape out of turn")
    }

    @Test func `families are not collected again before they are too old for the next scraper`() async {
        let later = Later()
        let handler = makeHandler(later: later)
        for _ in 0..<3 {
            time.advance(milliseconds: 14_400)
            _ = await handler.scrape()
            time.advance(milliseconds: 600)
            _ = await handler.scrape(gzip: true)
        }
        #expect(later.takeDelays() == [14_300, 14_300])
        let collections = source.collections
        source.change("a")
        handler.markStale()
        time.advance(milliseconds: 13_700)
        later.run()
        #expect(source.collections == collections + 1, "for the first scraper")
        source.change("a")
        handler.markStale()
        time.advance(milliseconds: 600)
        later.run()
        #expect(source.collections == collections + 1, "the body of the first scraper is 0.6 s old")
        #expect(later.takeDelays() == [400])
        time.advance(milliseconds: 400)
        later.run()
        #expect(source.collections == collections + 2, "for the second scraper")
    }

    @Test func `another variant of what was collected is made before its scraper comes`() async {
        let later = Later()
        let handler = makeHandler(later: later)
        for _ in 0..<3 {
            time.advance(milliseconds: 15_000)
            _ = await handler.scrape(gzip: true)
        }
        source.change("a")
        handler.markStale()
        time.advance(milliseconds: 14_000)
        _ = await handler.scrape()
        let work = handler.work
        time.advance(milliseconds: 300)
        later.run()
        #expect(handler.work.deflatedBytes > work.deflatedBytes)
    }

    @Test func `scrapes share one body until the live section is over 100 ms old`() async {
        let handler = makeHandler()
        let first = await handler.scrape().body
        time.advance(milliseconds: 100)
        #expect(await handler.scrape().body === first)
        #expect(source.liveSections == 1)
        time.advance(milliseconds: 1)
        #expect(await handler.scrape().body !== first)
        #expect(source.liveSections == 2)
        #expect(source.collections == 1)
    }

    @Test func `versions and escapings of one syntax share a body, other variants have their own`() async {
        let handler = makeHandler()
        let openMetrics = await handler.scrape("application/openmetrics-text").body
        #expect(await handler.scrape("application/openmetrics-text;version=0.0.1").body === openMetrics)
        #expect(await handler.scrape("application/openmetrics-text;escaping=dots").body === openMetrics)
        #expect(await handler.scrape("text/plain").body !== openMetrics)
        #expect(await handler.scrape("application/openmetrics-text", gzip: true).body !== openMetrics)
        #expect(source.liveSections == 1)
        #expect(source.collections == 1)
    }

    @Test func `a scrape of one appliance has its series only, and renders nothing of the others`() async throws {
        let handler = makeHandler()
        let first = try #require(await handler.scrape(query: "?appliance=b").body)
        let text = String(decoding: first.bytes, as: UTF8.self)
        #expect(
            text == """
                # HELP x_total X.
                # TYPE x_total counter
                x_total{appliance="b"} 0
                # HELP lively_total Lively.
                # TYPE lively_total counter
                lively_total 1

                """)
        let rendered = handler.work.renderedBytes
        source.change("a")
        handler.markStale()
        time.advance(milliseconds: 2_000)
        _ = await handler.scrape(query: "?appliance=b")
        #expect(handler.work.renderedBytes == rendered, "the other appliance changed")
        source.change("b")
        handler.markStale()
        time.advance(milliseconds: 2_000)
        let next = try #require(await handler.scrape(query: "?appliance=b").body)
        #expect(String(decoding: next.bytes, as: UTF8.self).contains("x_total{appliance=\"b\"} 1\n"))
        #expect(await handler.scrape(query: "?appliance=b&appliance=unknown").status == 404)
    }

    @Test func `combinations of appliances are kept up to a limit, and single appliances all of them`() {
        var state = ScrapeState(live: { _ in [] }, withCreated: false)
        func request(_ names: [String], at now: Int64) {
            _ = state.lookUp(
                Variant(syntax: .text, coding: .identity, scope: .appliances(names)), at: now, exposed: 0,
                afterBuild: false)
        }
        for number in 0..<1_000 {
            request(["a\(number)"], at: Int64(number))
            request(["a\(number)", "b"], at: Int64(number))
        }
        let kept = state.variantsInUse(at: 1_000).map(\.scope)
        #expect(kept.count { !$0.isCombination } == 1_000)
        let combinations = kept.filter(\.isCombination)
        #expect(combinations.count == 64)
        #expect(combinations.contains(.appliances(["a999", "b"])), "the last one is among them")
    }

    @Test func `a variant without a request for ten minutes is not kept`() async throws {
        let handler = makeHandler()
        _ = await handler.scrape(gzip: true)
        let rendered = handler.work
        time.advance(milliseconds: 599_000)
        handler.markStale()
        _ = await handler.scrape(gzip: true)
        #expect(handler.work == rendered, "the same values")
        time.advance(milliseconds: 601_000)
        handler.markStale()
        _ = await handler.scrape(gzip: true)
        #expect(handler.work.deflatedBytes == 2 * rendered.deflatedBytes)
    }

    @Test func `each response is reported once with its status`() async {
        let handler = makeHandler()
        _ = await handler.scrape()
        _ = await handler.scrape()
        _ = handler.respond(to: Request(method: "POST", target: "/"))
        #expect(source.statuses == [200, 200, 405])
    }

    @Test func `scrapes above the limit are refused until one has ended`() async {
        let handler = makeHandler(maxRequests: 2)
        let first = await handler.finalResponse(to: Request(target: "/"))
        let second = await handler.finalResponse(to: Request(method: "HEAD", target: "/"))
        #expect([first.status, second.status] == [200, 200])
        for _ in 0..<3 {
            let refused = handler.respond(to: Request(target: "/"))
            #expect(refused.status == 503)
            #expect(refused.onFinished == nil)
        }
        first.onFinished?(Response.Completion(status: 200, isComplete: false))
        #expect(handler.respond(to: Request(target: "/")).status == 200)
        #expect(handler.respond(to: Request(target: "/")).status == 503)
        time.advance(milliseconds: 1_000)
        #expect(handler.respond(to: Request(target: "/")).status == 200, "slow readers do not count")
    }

    @Test func `a limit of 0 is none`() async {
        let handler = makeHandler(maxRequests: 0)
        for _ in 0..<100 { #expect(await handler.finalResponse(to: Request(target: "/")).status == 200) }
    }

    @Test(
        arguments: [
            (nil, .everything), ("", .everything), ("x=1&&=&appliance", .everything),
            ("appliance=hq", .appliances(["hq"])), ("appliance=", .appliances([""])),
            ("appliance=hq&x&appliance=branch&appliance=hq", .appliances(["branch", "hq"])),
            ("a%70pliance=caf%C3%A9+%2B%zz%4", .appliances(["café +%zz%4"])), ("appliance=a=b", .appliances(["a=b"])),
            ("appliance=%+1", .appliances(["% 1"])),
        ] as [(String?, ScrapeScope)])
    func `the query names the appliances`(query: String?, scope: ScrapeScope) {
        #expect(ScrapeScope(query: query) == scope)
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
