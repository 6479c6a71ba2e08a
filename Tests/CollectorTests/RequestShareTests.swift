import Darktrace
import Testing

@testable import Collector

/// Model breaches and many secondary feeds with small request budgets, in virtual time.
@Suite struct RequestShareTests {
    private static let feeds = (1...6).map { number in
        FeedKind.gauges(
            "feed\(number)", path: "/feed\(number)", permissionHint: "no", interval: 60,
            response: .object(maxBytes: 100),
            sections: [
                FeedKind.Section(
                    title: "Test", about: "None.", metrics: [.gauge("darktrace_test", "Test.") { $0.number("value") }])
            ])
    }
    private static let seconds = 18_000.0
    /// How long the appliance takes for each response.
    private static let latency = 4.0

    /// The requests that are sent, as path and instant in seconds.
    private func requests(
        limit: Int, feeds: [FeedKind]
    ) throws -> (configuration: PollConfiguration, sent: [(path: String, seconds: Double)]) {
        let script = try Script()
        script.configuration.requestsPerMinute = limit
        script.configuration.initialLookback = 0
        script.configuration.recheckInterval = 86_400
        script.answers = [Script.Answer(delay: Self.latency)]
        for feed in feeds {
            script.configuration.feedIntervals[feed] = 60
            script.gaugeAnswers[feed] = [Script.Answer(body: #"{"value":1}"#, delay: Self.latency)]
        }
        let manager = script.collection
        let session = manager.session(of: script.configuration)
        let polled: [any Feed] =
            [
                CountedFeed(.modelBreaches, BreachCounting(maxModels: 9), session: session, ledger: script.ledger) {
                    _ in
                }
            ]
            + feeds.compactMap { feed in
                feed.gauges.map { GaugeFeed(feed, $0, session: session) { _ in } }
            }
        let poller = Unchecked(value: AppliancePoller(session: session, feeds: polled, seed: 7))
        _ = script.loop.start { await poller.value.run() }
        script.loop.run(until: script.loop.now + Int64(Self.seconds * 1e9))
        return (script.configuration, script.sent.map { ($0.path, Double($0.instant) / 1e9) })
    }

    private struct Unchecked<Value>: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        let value: Value
    }

    /// Requests a minute; what the secondary feeds may send of them, in so many seconds.
    static let shares = [(1, 1, 120.0), (2, 1, 60), (5, 2, 60), (10, 5, 60)]

    @Test(arguments: shares, [1, 3, 6])
    func `secondary feeds get half of the budget, and the interval that is exposed`(
        share: (limit: Int, requests: Int, seconds: Double), count: Int
    ) throws {
        let feeds = Array(Self.feeds.prefix(count))
        let (configuration, sent) = try requests(limit: share.limit, feeds: feeds)
        expectAtMost(share.limit, in: 60, sent)
        let paths = Set(feeds.map(\.path))
        expectAtMost(share.requests, in: share.seconds, sent.filter { paths.contains($0.path) })
        let expected = max(60, Double(count) * share.seconds / Double(share.requests))
        for feed in feeds {
            #expect(configuration.interval(of: feed) == expected)
            let polls = Double(sent.count { $0.path == feed.path })
            #expect(abs(polls - Self.seconds / expected) <= 2, "\(feed.name): \(polls) polls")
        }
    }

    @Test(arguments: shares, [0, 1, 6])
    func `model breaches keep the interval that is exposed, delayed by one request at most`(
        share: (limit: Int, requests: Int, seconds: Double), count: Int
    ) throws {
        let feeds = Array(Self.feeds.prefix(count))
        let (configuration, sent) = try requests(limit: share.limit, feeds: feeds)
        let interval = configuration.interval(of: .modelBreaches)
        #expect(interval == (share.limit == 1 && count > 0 ? 120 : 60))
        let instants = sent.filter { $0.path == FeedKind.modelBreaches.path }.map(\.seconds)
        #expect(abs(Double(instants.count) - Self.seconds / interval) <= 2, "\(instants.count) polls")
        // One request takes a permit of the budget and the time until its response.
        let delay = 60 / Double(share.limit) + Self.latency
        for (one, next) in zip(instants.dropFirst(), instants.dropFirst(2)) {
            #expect(next - one <= interval + delay)
        }
    }

    private func expectAtMost(_ limit: Int, in seconds: Double, _ sent: [(path: String, seconds: Double)]) {
        #expect(sent.count > limit)
        for (index, request) in sent.enumerated() where index >= limit {
            #expect(request.seconds - sent[index - limit].seconds >= seconds)
        }
    }
}
