import Darktrace
import Metrics
import Testing

@testable import Collector

/// Model breaches and many secondary feeds with small request budgets, in virtual time.
@Suite struct RequestShareTests {
    private static let feeds = (1...6).map { number in
        FeedKind.gauges(
            "feed\(number)", path: "/feed\(number)", permissionHint: "no", interval: .minute,
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
        script.configuration.initialLookback = .zero
        script.configuration.recheckInterval = .seconds(86_400)
        script.answers = [Script.Answer(delay: Self.latency)]
        for feed in feeds {
            script.configuration.feedIntervals[feed] = .seconds(60)
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
            #expect(configuration.interval(of: feed).inSeconds == expected)
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
        let interval = configuration.interval(of: .modelBreaches).inSeconds
        #expect(interval == (share.limit == 1 && count > 0 ? 120 : 60))
        let instants = sent.filter { $0.path == FeedKind.modelBreaches.path }.map(\.seconds)
        #expect(abs(Double(instants.count) - Self.seconds / interval) <= 2, "\(instants.count) polls")
        // One request takes a permit of the budget and the time until its response.
        let delay = 60 / Double(share.limit) + Self.latency
        for (one, next) in zip(instants.dropFirst(), instants.dropFirst(2)) {
            #expect(next - one <= interval + delay)
        }
    }

    /// Every feed of this version as it is by default, with an appliance where there is always something to ask for.
    @Test func `all feeds with their defaults stay within ten requests a minute, and model breaches come first`()
        throws
    {
        let script = try Script()
        script.answers = [Script.Answer(delay: Self.latency)]
        for feed in Feeds.all {
            guard let interval = feed.defaultInterval else { continue }
            script.configuration.feedIntervals[feed] = interval
        }
        func answer(_ path: String, _ body: String) {
            script.pathAnswers[path] = [Script.Answer(body: body, delay: Self.latency)]
        }
        answer("/status", #"{"version":"7.1","cpu":50}"#)
        answer("/antigena/summary", #"{"activeCount":3,"pendingCount":1}"#)
        answer("/antigena", #"[{"codeid":1,"active":true,"start":1759999000000,"expires":1769999000000}]"#)
        answer("/aianalyst/groups", #"[{"id":"g1","category":"critical","groupScore":12.5}]"#)
        answer("/aianalyst/incidentevents", #"[{"id":"e1","category":"critical","createdAt":1759999000000}]"#)
        answer(
            "/summarystatistics",
            #"{"devicecount":{"server":3},"mitreTactics":[{"tactic":"discovery","totalCount":1}]}"#)
        let (lookback, end) = (3_600.0, 18_000.0)
        script.run(seconds: end)
        #expect(script.configuration.feeds == Feeds.all)
        let sent = script.sent.map { (path: $0.path, seconds: Double($0.instant) / 1e9) }
        expectAtMost(10, in: 60, sent)
        #expect(Set(sent.map(\.path)) == Feeds.all.reduce(into: Set()) { $0.formUnion($1.paths) })
        for feed in Feeds.all {
            #expect(script.polls(of: feed).allSatisfy { $0.failure == nil }, "\(feed.name)")
            let interval = script.configuration.interval(of: feed).inSeconds
            #expect(interval == feed.defaultInterval?.inSeconds ?? 60, "\(feed.name)")
            // The first lookback of the counted feeds, and their rechecks every hour, take what the others leave.
            let polls = Double(script.pollEnds.count { $0.feed == feed && Double($0.instant) / 1e9 > lookback })
            let expected = (end - lookback) / interval
            #expect(abs(polls - expected) <= max(2, expected / 30), "\(feed.name): \(polls) polls")
        }
        // Acknowledgements have the same path, and wider windows, as a recheck has.
        let breaches = zip(sent.filter { $0.path == FeedKind.modelBreaches.path }, script.targets).filter {
            $1.includesAcknowledged && $1.end - $1.start < 3_600_000
        }.map { $0.0.seconds }
        #expect(breaches.count >= 298)
        // One request takes a permit of the budget and the time until its response.
        for (one, next) in zip(breaches, breaches.dropFirst()) { #expect(next - one <= 60 + 6 + Self.latency) }
    }

    @Test func `acknowledgements get on where model breaches are always due`() throws {
        let script = try Script()
        script.configuration.pollInterval = .seconds(1)
        script.configuration.requestsPerMinute = 6_000
        script.configuration.initialLookback = .zero
        script.configuration.feedIntervals[.acknowledgements] = .seconds(60)
        script.answers = [Script.Answer(delay: Self.latency)]
        script.run(seconds: 1_800)
        let names = script.gauges[.acknowledgements]?.map(\.descriptor) ?? []
        #expect(names.contains(AcknowledgementMetrics.open) && names.contains(AcknowledgementMetrics.acknowledged))
    }

    private func expectAtMost(_ limit: Int, in seconds: Double, _ sent: [(path: String, seconds: Double)]) {
        #expect(sent.count > limit)
        for (index, request) in sent.enumerated() where index >= limit {
            #expect(request.seconds - sent[index - limit].seconds >= seconds)
        }
    }
}
