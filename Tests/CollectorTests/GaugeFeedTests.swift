import Darktrace
import Ledger
import Metrics
import Testing

@testable import Collector

/// Gauge feeds as they are declared: objects, lists, and endpoints that an appliance does not have.
@Suite struct GaugeFeedTests {
    private static let incidents = FeedKind.gauges(
        "incidents", path: "/incidents", permissionHint: "give the API user the permission", interval: .minute,
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
        script.configuration.connection = ApplianceConnection(to: script)
        let session = manager.session(of: script.configuration)
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
            for _ in responses { _ = await box.value.poll(runner.value, from: box.value.monotonic, until: nil) }
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

    private static let pending = "darktrace_antigena_action_oldest_pending_timestamp_seconds"

    @Test func `the oldest waiting action is asked for only while one waits`() throws {
        let script = try Script()
        script.configuration.feedIntervals[.antigena] = .seconds(60)
        script.gaugeAnswers[.antigena] = [1, 0, 2].map { Script.Answer(body: #"{"pendingCount":\#($0)}"#) }
        script.pathAnswers["/antigena"] = [
            Script.Answer(body: #"[{"start":1768469400000},{"start":"1768469300000"},{"start":null},{"codeid":1}]"#),
            Script.Answer(body: "[]"),
        ]
        var seen: [Double?] = []
        for _ in 0..<240 {
            script.run(seconds: 1)
            let family = script.gauges[.antigena]?.first { $0.descriptor.name == Self.pending }
            let value = family.flatMap { family in
                if case .number(let value, _) = family.series.first?.value { value } else { nil }
            }
            if seen.isEmpty || seen.last != value { seen.append(value) }
        }
        #expect(seen.compactMap { $0 } == [1_768_469_300])
        #expect(seen.last == .some(nil), "nothing waits any more")
        // One of the polls reported that none waits.
        let asked = script.sentTargets.filter { $0.hasPrefix("/antigena?") }
        #expect(Set(asked) == ["/antigena?needconfirming=true"])
        #expect(asked.count == script.sent.count { $0.path == "/antigena/summary" } - 1)
    }

    @Test func `an oldest waiting action is never exposed next to a number of 0, also when the budget splits polls`()
        throws
    {
        let script = try Script()
        script.configuration.requestsPerMinute = 2
        script.configuration.feedIntervals[.antigena] = .seconds(60)
        script.gaugeAnswers[.antigena] = (1...60).map { Script.Answer(body: #"{"pendingCount":\#($0 % 2)}"#) }
        script.pathAnswers["/antigena"] = (1...60).map { _ in Script.Answer(body: #"[{"start":1768469400000}]"#) }
        var seen = false
        for second in 0..<3_600 {
            script.run(seconds: 1)
            let values = (script.gauges[.antigena] ?? []).exposedValues
            seen = seen || values["\(Self.pending){}"] != nil
            if values["darktrace_antigena_actions{pending}"] == 0 {
                #expect(values["\(Self.pending){}"] == nil, "after \(second) s")
            }
        }
        #expect(seen)
    }

    @Test func `incidents are asked for within the window by the appliance's clock, and folded by category`() throws {
        let script = try Script()
        script.configuration.feedIntervals[.incidents] = .seconds(300)
        script.configuration.feedWindows[.incidents] = .seconds(86_400)
        script.gaugeAnswers[.incidents] = [Script.Answer(body: Self.groups)]
        script.run(seconds: 60)
        let target = try #require(script.sentTargets.first { $0.hasPrefix("/aianalyst/groups") })
        let match = try #require(
            target.wholeMatch(
                of: #/.*\?endtime=(\d+)&includeacknowledged=true&includeallpinned=false&starttime=(\d+)/#))
        let (end, start) = (try #require(Int64(match.1)), try #require(Int64(match.2)))
        #expect(end - start == 86_400_000 && abs(end - script.trueTime) < 61_000)
    }

    /// A minimal list of incidents, with the fields and types of real ones.
    private static let groups = """
        [{"id":"g1","acknowledged":false,"category":"critical","groupScore":61.5,"start":1768469400000},
        {"id":"g2","acknowledged":false,"category":"critical","groupScore":"74","start":1768469300000},
        {"id":"g3","acknowledged":true,"category":"critical","groupScore":99,"start":1768000000000},
        {"id":"g4","acknowledged":false,"category":"suspicious","groupScore":null,"start":1768469200000},
        {"id":"g5","acknowledged":false,"category":null,"groupScore":120,"start":1768469100000},
        {"id":"g6","category":"Compliance","groupScore":3,"start":1768469000000},
        {"id":"g7","acknowledged":false,"category":"brand new","groupScore":5}]
        """

    @Test func `incidents become gauges by category and state`() throws {
        let published = try published(.incidents, [Script.Answer(body: Self.groups), Script.Answer(body: "[]")])
        let (count, score) = ("darktrace_aianalyst_incidents", "darktrace_aianalyst_incident_highest_score")
        let oldest = "darktrace_aianalyst_incident_oldest_unacknowledged_timestamp_seconds"
        let none = ["critical", "suspicious", "compliance"].flatMap { category in
            ["open", "acknowledged"].map { ("\(count){\(category),\($0)}", 0.0) }
        }
        let zeros = Dictionary(uniqueKeysWithValues: none)
        let expected = zeros.merging([
            "\(count){critical,open}": 2, "\(count){critical,acknowledged}": 1, "\(count){suspicious,open}": 1,
            "\(count){compliance,open}": 1, "\(count){unknown,open}": 2, "\(score){critical}": 0.74,
            "\(score){compliance}": 0.03, "\(score){unknown}": 1, "\(oldest){critical}": 1_768_469_300,
            "\(oldest){suspicious}": 1_768_469_200, "\(oldest){compliance}": 1_768_469_000,
            "\(oldest){unknown}": 1_768_469_100,
        ]) { $1 }
        #expect(published == [expected, zeros])
    }

    private static let devices = """
        {"usercredentialcount":18,"devicecount":{"unknown":4,"laptop":20,"server":"12","iot":0,"toaster":7,
        "saas":{"Office365":6,"Zoom":3,"total":9},"licenseIPCount":60,"totalClient":62,"total":84}}
        """
    private static let tactics = """
        {"mitreTactics":[{"tactic":"exfiltration","totalCount":9},{"tactic":"Lateral Movement","totalCount":"4"},
        {"tactic":"novelty","totalCount":1},{"tactic":"other novelty","totalCount":2},7,{"tactic":"impact"}],
        "modelCount":21,"totalCount":16}
        """
    private static let exposedDevices = [
        "darktrace_devices{unknown}": 4.0, "darktrace_devices{laptop}": 20, "darktrace_devices{server}": 12,
        "darktrace_devices{iot}": 0, "darktrace_saas_accounts{Office365}": 6, "darktrace_saas_accounts{Zoom}": 3,
    ]
    private static let exposedTactics = [
        "darktrace_mitre_tactic_model_breaches{exfiltration}": 9.0,
        "darktrace_mitre_tactic_model_breaches{lateral-movement}": 4,
        "darktrace_mitre_tactic_model_breaches{other}": 3,
    ]

    @Test func `statistics are two requests, and either fails alone`() throws {
        let (devices, tactics) = (Script.Answer(body: Self.devices), Script.Answer(body: Self.tactics))
        let all = Self.exposedDevices.merging(Self.exposedTactics) { $1 }
        let broken = Script.Answer(status: 503, body: "")
        #expect(try published(.statistics, [devices, tactics]).first == all)
        #expect(try published(.statistics, [devices, broken]).first == Self.exposedDevices)
        #expect(try published(.statistics, [broken, tactics]).first == Self.exposedTactics)
    }

    @Test func `a version without tactics has devices, no failure, and is asked for tactics once an hour`() throws {
        let script = try Script()
        script.configuration.feedIntervals[.statistics] = .seconds(300)
        let refused = Script.Answer(status: 400, body: #"{"summarystatistics":"INPUT ERROR"}"#)
        script.gaugeAnswers[.statistics] = [Script.Answer(body: Self.devices)]
        script.pathAnswers["/summarystatistics?mitreTactics=true"] = [refused]
        script.run(seconds: 3_500)
        let asked = script.sentTargets.filter { $0.hasPrefix("/summarystatistics") }
        #expect(asked.count { $0.contains("mitreTactics") } == 1 && asked.count > 10)
        #expect(script.polls(of: .statistics).allSatisfy { $0.failure == nil && !$0.isUnavailable })
        #expect(script.gauges[.statistics]?.count == 2)
        script.run(seconds: 700)
        #expect(script.sentTargets.count { $0.contains("mitreTactics") } == 2)
    }

    @Test func `platforms and tactics of a hostile response are bounded`() throws {
        let platforms = (0..<500).map { "\"p\($0)\":1" }.joined(separator: ",")
        let names = (0..<5_000).map { "{\"tactic\":\"t\($0)\",\"totalCount\":1}" }.joined(separator: ",")
        let published = try published(
            .statistics,
            [
                Script.Answer(body: #"{"devicecount":{"laptop":1,"saas":{\#(platforms)}}}"#),
                Script.Answer(body: #"{"mitreTactics":[\#(names)]}"#),
            ])
        #expect(published.first?.keys.count { $0.hasPrefix("darktrace_saas_accounts") } == 64)
        #expect(published.first?["darktrace_mitre_tactic_model_breaches{other}"] == 256)
        #expect(published.first?.count == 66)
    }

    /// Refusals of an endpoint that an appliance does not have.
    static let refusals = [
        Script.Answer(status: 403, body: "{}"), Script.Answer(status: 404, body: ""),
        Script.Answer(status: 302, body: "Found. Redirecting to /login"),
        Script.Answer(status: 400, body: "{\"antigena\": \"INPUT ERROR\"}"),
        Script.Answer(status: 500, body: "Internal Server Error"),
    ]

    @Test(arguments: refusals) func `an optional feed that is refused at its first poll is not available`(
        refusal: Script.Answer
    ) throws {
        let script = try Script()
        script.configuration.feedIntervals[.antigena] = .seconds(60)
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
        let sent = script.sent.filter { $0.path == "/antigena/summary" }.map(\.instant)
        let gaps = zip(sent, sent.dropFirst()).map { $1 - $0 }
        #expect(gaps.prefix(2).allSatisfy { $0 >= 1_800_000_000_000 }, "what is not available is asked for rarely")
        // Once it was available, a 500 may be a passing failure, and has the usual backoff.
        #expect(refusal.status == 500 || sent.count < 15, "what lasts is retried rarely")
        #expect(script.polls.allSatisfy { $0.failure == nil })
    }

    @Test func `a status that is refused is a failure from the first poll on`() throws {
        let script = try Script()
        script.configuration.feedIntervals[.status] = .seconds(60)
        script.statusAnswers = [Self.refusals[0]]
        script.run(seconds: 60)
        #expect(script.polls(of: .status).map(\.isUnavailable) == [false])
    }

    /// Requests a minute, the configured intervals of status and Autonomous Response, and the real ones: a poll of
    /// Autonomous Response may need two requests.
    static let budgets: [(limit: Int, configured: [Double], real: [Double])] = [
        (10, [60, 60], [60, 60]), (5, [60, 60], [60, 120]), (2, [60, 60], [120, 240]), (1, [60, 60], [240, 480]),
        (10, [5, 60], [20, 60]), (10, [1, 1], [24, 48]), (2, [60, 900], [69.2, 900]),
        (1, [60, 3_600], [128.6, 3_600]),
        (5, [60], [60]), (2, [60], [60]), (1, [60], [120]), (10, [], []),
    ]

    @Test(arguments: budgets) func `all secondary feeds together use at most half of the budget`(
        limit: Int, configured: [Double], real: [Double]
    ) throws {
        let feeds = Array(Feeds.all.filter { $0.gauges != nil }.prefix(configured.count))
        try #require(feeds.count == configured.count)
        let script = try Script()
        script.configuration.initialLookback = .zero
        script.configuration.requestsPerMinute = limit
        script.configuration.pollInterval = .seconds(60)
        script.gaugeAnswers[.antigena] = [Script.Answer(body: #"{"activeCount":1}"#)]
        for (feed, interval) in zip(feeds, configured) { script.configuration.feedIntervals[feed] = .seconds(interval) }
        for (feed, interval) in zip(feeds, real) {
            #expect(abs(script.configuration.interval(of: feed).inSeconds - interval) < 0.1, "\(feed.name)")
        }
        let requests = feeds.reduce(0) {
            $0 + 60 / script.configuration.interval(of: $1).inSeconds * Double($1.requestsPerPoll)
        }
        #expect(requests <= Double(limit) / 2 + 1e-9)
        let seconds = 18_000.0
        script.run(seconds: seconds)
        for (feed, interval) in zip(feeds, real) {
            let count = Double(script.sent.count { $0.path == feed.path })
            #expect(count <= seconds / interval + 2, "\(feed.name)")
            // Rechecks of the primary feed defer some polls where there are very few requests.
            #expect(count >= seconds / interval * 0.9 - 1, "\(feed.name)")
        }
        #expect(script.polls.allSatisfy { $0.failure == nil })
        for (index, request) in script.sent.enumerated() where index >= limit {
            #expect(request.instant - script.sent[index - limit].instant >= 60_000_000_000)
        }
    }
}
