import Darktrace
import Ledger
import Metrics
import Testing

@testable import Collector

/// Gauge feeds as they are declared: objects, lists, and endpoints that an appliance does not have.
@Suite struct GaugeFeedTests {
    private static let incidents = FeedKind.gauges(
        "incidents", path: "/incidents", permissionHint: "give the API user the permission", interval: 60,
        response: .list,
        sections: [
            FeedKind.Section(
                title: "Incidents", about: "For this test.",
                metrics: [
                    .gauge(
                        "darktrace_incidents", "Number of incidents by category.", labels: ["category"],
                        zeros: [["critical"], ["suspicious"], ["compliance"]]
                    ) { [([$0.text("category") ?? "unknown"], 1)] },
                    .gauge(
                        "darktrace_incident_highest_score", "Highest score of an incident.", labels: [],
                        combine: { max($0, $1) }
                    ) { [([], $0.number("score"))] },
                ])
        ])

    /// What a feed publishes after each of these responses, without the label `appliance`.
    private func published(_ feed: FeedKind, _ responses: [Script.Answer]) throws -> [[String: Double]] {
        let script = try Script()
        script.gaugeAnswers[feed] = responses
        let collected = Collected()
        let manager = script.collection
        script.plan.connection = ApplianceConnection(to: script)
        let session = manager.session(of: script.plan)
        let table = try #require(feed.gauges)
        let runner = Unchecked(
            value: GaugeFeed(feed, table, session: session) { families in
                var values: [String: Double] = [:]
                for family in families {
                    for series in family.series {
                        guard case .number(let value, _) = series.value else { continue }
                        let labels = series.labels.texts.dropFirst().joined(separator: ",")
                        values["\(family.descriptor.name){\(labels)}"] = value
                    }
                }
                collected.publications.append(values)
            })
        let box = Unchecked(value: session)
        let run = script.loop.start {
            for _ in responses { _ = await box.value.poll(runner.value, from: box.value.monotonic, until: .max) }
        }
        script.loop.run(until: script.loop.now + 3_600_000_000_000)
        #expect(run.isFinished)
        return collected.publications
    }

    private struct Unchecked<Value>: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        let value: Value
    }

    private final class Collected: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var publications: [[String: Double]] = []
    }

    @Test func `a list is folded over all its elements, and an empty list is a result`() throws {
        let list = """
            [{"category":"critical","score":20},{"category":"suspicious","score":60},{"category":"compliance"},
            {"category":"critical","score":"7"},"odd",{"category":null}]
            """
        let published = try published(
            Self.incidents, [Script.Answer(body: list), Script.Answer(body: "[]"), Script.Answer(body: "{}")])
        #expect(
            published == [
                [
                    "darktrace_incidents{critical}": 2, "darktrace_incidents{suspicious}": 1,
                    "darktrace_incidents{compliance}": 1, "darktrace_incidents{unknown}": 1,
                    "darktrace_incident_highest_score{}": 60,
                ],
                [
                    "darktrace_incidents{critical}": 0, "darktrace_incidents{suspicious}": 0,
                    "darktrace_incidents{compliance}": 0,
                ],
            ])
    }

    @Test func `the actions of Autonomous Response are exposed by state`() throws {
        let bodies = [
            #"{"pendingCount":3,"activeCount":0,"pendingActionDevices":[1,2],"activeActionDevices":[]}"#,
            #"{"pendingCount":-1,"activeCount":"5"}"#, #"{"error":"x"}"#,
        ]
        let published = try published(.antigena, bodies.map { Script.Answer(body: $0) })
        let (actions, devices) = ("darktrace_antigena_actions", "darktrace_antigena_action_devices")
        #expect(
            published == [
                ["\(actions){pending}": 3, "\(actions){active}": 0, "\(devices){pending}": 2, "\(devices){active}": 0],
                ["\(actions){active}": 5],
            ])
    }

    /// Refusals of an endpoint that an appliance does not have.
    static let refusals = [
        Script.Answer(status: 403, body: "{}"), Script.Answer(status: 404, body: ""),
        Script.Answer(status: 302, body: "Found. Redirecting to /login"),
        Script.Answer(status: 400, body: "{\"antigena\": \"INPUT ERROR\"}"),
    ]

    @Test(arguments: refusals) func `an optional feed that is refused at its first poll is not available`(
        refusal: Script.Answer
    ) throws {
        let script = try Script()
        script.plan.gaugeIntervals[.antigena] = 60
        script.gaugeAnswers[.antigena] = [refusal, refusal, Script.Answer(body: #"{"activeCount":1}"#), refusal]
        script.run(seconds: 20_000)
        let polls = script.polls(of: .antigena)
        #expect(polls.prefix(4).map(\.isUnavailable) == [true, true, false, false])
        #expect(polls.prefix(4).map { $0.failure == nil } == [false, false, true, false])
        let failures = script.events.filter {
            if case .attemptEnded(let attempt, let isUnavailable) = $0 {
                attempt.path == "/antigena/summary" && attempt.error != nil && !isUnavailable
            } else {
                false
            }
        }
        #expect(failures.count == polls.dropFirst(3).count, "counted only after it was available")
        #expect(script.sent.filter { $0.path == "/antigena/summary" }.count < 15, "retried rarely")
        #expect(script.polls.allSatisfy { $0.failure == nil })
    }

    @Test func `a status that is refused is a failure from the first poll on`() throws {
        let script = try Script()
        script.plan.gaugeIntervals[.status] = 60
        script.statusAnswers = [Self.refusals[0]]
        script.run(seconds: 60)
        #expect(script.polls(of: .status).map(\.isUnavailable) == [false])
    }

    /// Requests a minute, the configured intervals of the secondary feeds, and the real ones.
    static let budgets: [(limit: Int, configured: [Double], real: [Double])] = [
        (10, [60, 60], [60, 60]), (5, [60, 60], [60, 60]), (2, [60, 60], [120, 120]), (1, [60, 60], [240, 240]),
        (10, [5, 60], [15, 60]), (10, [1, 1], [24, 24]), (2, [60, 900], [64.3, 900]),
        (1, [60, 3_600], [124.1, 3_600]),
        (5, [60], [60]), (2, [60], [60]), (1, [60], [120]), (10, [], []),
    ]

    @Test(arguments: budgets) func `all secondary feeds together use at most half of the budget`(
        limit: Int, configured: [Double], real: [Double]
    ) throws {
        let feeds = Array(Feeds.all.filter { $0.priority == .secondary }.prefix(configured.count))
        try #require(feeds.count == configured.count)
        let script = try Script()
        script.plan.initialLookback = 0
        script.plan.requestsPerMinute = limit
        script.plan.pollInterval = 60
        script.gaugeAnswers[.antigena] = [Script.Answer(body: #"{"activeCount":1}"#)]
        for (feed, interval) in zip(feeds, configured) { script.plan.gaugeIntervals[feed] = interval }
        for (feed, interval) in zip(feeds, real) {
            #expect(abs(script.plan.interval(of: feed) - interval) < 0.1, "\(feed.name)")
        }
        #expect(feeds.reduce(0) { $0 + 60 / script.plan.interval(of: $1) } <= Double(limit) / 2 + 1e-9)
        script.run(seconds: 36_000)
        for (feed, interval) in zip(feeds, real) {
            let count = Double(script.sent.count { $0.path == feed.path })
            #expect(count <= 36_000 / interval + 2, "\(feed.name)")
            // With very few requests a minute, rechecks and the reserve of the primary feed defer some ticks.
            #expect(count >= 36_000 / interval * (limit >= 5 ? 0.8 : 0.4), "\(feed.name)")
        }
        if limit >= 5 { #expect(script.polls.allSatisfy { $0.failure == nil }) }
        for (index, request) in script.sent.enumerated() where index >= limit {
            #expect(request.instant - script.sent[index - limit].instant >= 60_000_000_000)
        }
    }
}
