import Collector
import Darktrace
import Metrics
import Testing

/// The feed of the status next to that of model breaches, one behaviour at a time, in virtual time.
@Suite struct StatusFeedTests {
    /// An appliance whose first lookback is over, with both feeds on.
    private func script(_ change: (Script) -> Void = { _ in }) throws -> Script {
        let script = try Script()
        script.configuration.feedIntervals[.status] = .seconds(60)
        script.configuration.initialLookback = .zero
        change(script)
        return script
    }

    private static let good = Script.Answer(body: #"{"version":"7.1","cpu":50}"#)

    @Test func `both are polled every interval, model breaches first`() throws {
        let script = try script()
        script.run(seconds: 600)
        #expect(script.statusInstants.count == 11 || script.statusInstants.count == 10)
        #expect(script.polls(of: .status).allSatisfy { $0.failure == nil })
        let times = script.sent.filter { $0.path == "/status" }
        for time in times {
            let before = script.sent.last { $0.path == "/modelbreaches" && $0.instant <= time.instant }
            #expect(
                time.instant - (before?.instant ?? .min) < 2_000_000_000,
                "right after the breaches, on their connection")
        }
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
    }

    @Test(arguments: [
        // requests a minute, configured interval, interval
        (10, 60.0, 60.0), (10, 10, 12), (5, 60, 60), (5, 10, 30), (2, 60, 60), (2, 10, 60), (1, 60, 120), (1, 10, 120),
        (6_000, 1, 1), (1, 3_600, 3_600), (1, 0, 0),
    ])
    func `it takes no more than half of the budget`(limit: Int, interval: Double, used: Double) throws {
        let script = try script {
            $0.configuration.requestsPerMinute = limit
            $0.configuration.feedIntervals[.status] = .seconds(interval)
        }
        #expect(abs(script.configuration.interval(of: .status).inSeconds - used) < 1e-6)
    }

    @Test func `with an interval of 0 nothing is asked and nothing is shown`() throws {
        let script = try script { $0.configuration.feedIntervals[.status] = .zero }
        script.run(seconds: 600)
        #expect(script.statusInstants.isEmpty && script.state.isEmpty)
        #expect(script.configuration.feeds == [.modelBreaches])
    }

    @Test(arguments: [(403, true), (404, true), (500, true), (502, false)])
    func `a status that is refused from the start is not available, and a failure`(
        status: Int, isRefused: Bool
    ) throws {
        let script = try script { $0.statusAnswers = [Script.Answer(status: status, body: ""), Self.good] }
        script.run(seconds: 7_200)
        let polls = script.polls(of: .status)
        #expect(polls.first?.failure != nil && polls.first?.isRefused == isRefused)
        #expect(polls.dropFirst().allSatisfy { $0.failure == nil && !$0.isRefused })
        #expect(polls.allSatisfy { !$0.isUnavailable })
    }

    @Test func `a status that succeeded before stays available when it is refused`() throws {
        let script = try script { $0.statusAnswers = [Self.good, Script.Answer(status: 403, body: "{}")] }
        script.run(seconds: 600)
        #expect(script.polls(of: .status).last?.failure != nil)
        #expect(script.polls(of: .status).allSatisfy { !$0.isRefused })
    }

    /// What the appliance does about `/status`, and at least how long it is then left alone.
    static let refusals: [(answer: Script.Answer, seconds: Double)] = [
        (Script.Answer(status: 403, body: "{}"), 1_800), (Script.Answer(status: 404, body: ""), 1_800),
        (Script.Answer(status: 302, body: "Found. Redirecting to /403"), 1_800),
        (Script.Answer(status: 302, body: "Found. Redirecting to /login"), 1_800),
        (Script.Answer(status: 400, body: "{\"status\":\"INPUT ERROR\"}"), 1_800),
        (Script.Answer(status: 500, body: ""), 1), (Script.Answer(body: "[]"), 1),
        (Script.Answer(failure: TransportError(.timeout, "too slow")), 1),
        (Script.Answer(status: 429, body: "", headers: [.init("retry-after", "3000")]), 3_000),
    ]

    @Test(arguments: refusals) func `what refuses the status alone costs model breaches nothing`(
        answer: Script.Answer, seconds: Double
    ) throws {
        let alone = try script { $0.configuration.feedIntervals[.status] = .zero }
        alone.run(seconds: 7_200)
        let script = try script { $0.statusAnswers = [answer] }
        script.run(seconds: 7_200)
        #expect(script.targets.count == alone.targets.count)
        #expect(script.instants == alone.instants)
        #expect(script.polls.allSatisfy { $0.failure == nil })
        #expect(script.state.isEmpty)
        let gaps = zip(script.statusInstants, script.statusInstants.dropFirst()).map { $1 - $0 }
        #expect(!gaps.isEmpty && gaps.allSatisfy { $0 >= seconds && $0 <= 3_700 })
    }

    @Test func `a refused signature keeps both away, and new tokens bring both back at once`() throws {
        let signature = Script.Answer(status: 400, body: "{\"status\":\"API SIGNATURE ERROR\"}")
        let script = try script {
            $0.answers = [Script.Answer(status: 400, body: "{\"modelbreaches\":\"API SIGNATURE ERROR\"}")]
            $0.statusAnswers = [signature]
        }
        script.run(seconds: 3_000)
        #expect(script.statusInstants.isEmpty, "who refuses one signature is not shown another")
        #expect(script.targets.count < 15)
        script.answers = [Script.Answer()]
        script.statusAnswers = [Self.good]
        script.credentials = .success(Credentials(publicToken: "p", privateToken: "new"))
        let asked = script.targets.count
        script.run(seconds: 6)
        #expect(script.targets.count > asked && script.statusInstants.count == 1)
    }

    @Test func `a signature that only the status refuses holds model breaches up once, and never again`() throws {
        let script = try script {
            $0.statusAnswers = [Script.Answer(status: 400, body: "{\"status\":\"API SIGNATURE ERROR\"}")]
        }
        script.run(seconds: 7_200)
        #expect(script.statusInstants.count > 5)
        // One tick may be missed, by the first wait of at most an interval.
        #expect(script.polls.count >= 118)
        #expect(script.polls.allSatisfy { $0.failure == nil })
    }

    @Test func `new tokens are tried for a refused status as well`() throws {
        let script = try script { $0.statusAnswers = [Script.Answer(status: 403, body: "{}"), Self.good] }
        script.run(seconds: 120)
        #expect(script.statusInstants.count == 1)
        script.credentials = .success(Credentials(publicToken: "p", privateToken: "new"))
        script.run(seconds: 70)
        #expect(script.statusInstants.count == 2)
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
    }

    @Test func `an appliance that is down is not asked twice as often`() throws {
        let gone = Script.Answer(failure: TransportError(.connect, "not listening"))
        let script = try script {
            $0.answers = [gone]
            $0.statusAnswers = [gone]
        }
        script.run(seconds: 7_200)
        #expect(script.statusInstants.isEmpty)
        #expect(script.targets.count < 60)
    }

    @Test(arguments: [
        Script.Answer(status: 403, body: "{}"), Script.Answer(status: 500, body: ""),
        Script.Answer(failure: TransportError(.timeout, "too slow")),
    ])
    func `breaches that cannot be read leave the status alone`(answer: Script.Answer) throws {
        let script = try script { $0.answers = [answer] }
        script.run(seconds: 600)
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
        #expect(script.statusInstants.count >= 10)
    }

    @Test func `what is three intervals old is not shown`() throws {
        let script = try script()
        script.run(seconds: 65)
        script.statusAnswers = [Script.Answer(status: 500, body: "")]
        let last = try #require(script.statusInstants.last)
        script.run(seconds: last + 178 - Double(script.loop.now) / 1e9)
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
        script.run(seconds: 4)
        #expect(script.state.isEmpty)
        script.statusAnswers = [Self.good]
        script.run(seconds: 700)
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
    }

    @Test func `nor while a long poll of model breaches waits for the budget`() throws {
        let script = try script {
            $0.configuration.pollInterval = .seconds(3_600)
            $0.configuration.requestsPerMinute = 20
            $0.configuration.feedIntervals[.status] = .seconds(30)
            $0.configuration.maxRecords = 1
        }
        script.run(seconds: 30)
        let start = script.trueTime
        script.population = (0..<200).map { (start + $0 * 10_000, Script.record($0, at: start + $0 * 10_000)) }
        let (asked, ended) = (script.targets.count, script.polls.count)
        for _ in 0..<720 where script.targets.count == asked { script.run(seconds: 5) }
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
        script.run(seconds: 120)
        #expect(script.polls.count == ended, "the poll is under way")
        #expect(script.state.isEmpty)
        script.run(seconds: 7_200)
        #expect(script.value(BreachMetrics.modelBreaches) == 200)
        for _ in 0..<720 where script.state.isEmpty { script.run(seconds: 5) }
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5, "between two such polls it is shown")
    }

    @Test func `with an appliance that does not answer at all its state goes after three of the polls' intervals`()
        throws
    {
        let script = try script { $0.configuration.feedIntervals[.status] = .seconds(3_600) }
        script.run(seconds: 600)
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
        script.answers = [Script.Answer(failure: TransportError(.connect, "not listening"), delay: 0.1)]
        script.run(seconds: 120)
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
        script.run(seconds: 180)
        #expect(script.state.isEmpty)
    }

    @Test func `a restart shows nothing of before`() throws {
        let script = try script()
        script.run(seconds: 30)
        #expect(!script.state.isEmpty)
        #expect(script.stop())
        script.statusAnswers = [Script.Answer(delay: 1_000)]
        script.run(seconds: 5)
        #expect(script.state.isEmpty)
    }

    @Test func `the first lookback takes no longer, and the status does not wait for its end`() throws {
        let ends = try [0.0, 60].map { interval in
            let script = try Script()
            script.configuration.feedIntervals[.status] = .seconds(interval)
            script.configuration.initialLookback = .seconds(60 * 86_400)
            script.run(seconds: 1_200)
            if interval > 0 { #expect((script.statusInstants.first ?? .infinity) < 180) }
            #expect(script.polls.last?.isComplete == true)
            #expect(script.polls.allSatisfy { $0.failure == nil })
            let end = try #require(script.polls.firstIndex { $0.isComplete })
            return end
        }
        #expect(ends[1] <= ends[0] + 1, "of ten requests in a minute it takes one")
    }

    @Test func `with one request a minute neither starves, and no poll of breaches fails for it`() throws {
        let script = try script {
            $0.configuration.requestsPerMinute = 1
            $0.configuration.pollInterval = .seconds(120)
        }
        script.run(seconds: 12_000)
        #expect((60...101).contains(script.statusInstants.count), "half of the budget")
        #expect(script.polls.count > 80)
        #expect(script.polls.allSatisfy { $0.failure == nil })
        for (one, next) in zip(script.sent, script.sent.dropFirst()) {
            #expect(next.instant - one.instant >= 60_000_000_000)
        }
    }

    @Test func `the budget is kept with both feeds, also while catching up`() throws {
        let script = try script { $0.configuration.initialLookback = .seconds(60 * 86_400) }
        script.run(seconds: 3_600)
        let instants = script.sent.map(\.instant)
        for (index, instant) in instants.enumerated() where index >= 10 {
            #expect(instant - instants[index - 10] >= 60_000_000_000)
        }
    }

    @Test func `a clock that steps is followed by the breaches, whichever feed notices it first`() throws {
        let script = try script { $0.configuration.pollInterval = .seconds(600) }
        script.run(seconds: 30)
        script.offset = -3_600_000
        script.run(seconds: 60)
        let asked = script.targets.count
        script.run(seconds: 600)
        #expect(script.targets.count >= asked + 2, "asked once more, by the clock that it is")
        let last = script.targets[asked + 1]
        #expect(abs(last.end - script.trueTime - script.offset) < 700_000)
        #expect(last.end - last.start >= 900_000)
    }

    @Test func `one round polls both, and a refused status fails nothing`() throws {
        let script = try script { $0.statusAnswers = [Script.Answer(status: 403, body: "{}")] }
        #expect(script.pollOnce()?.failed == [])
        #expect(script.polls(of: .status).map(\.failure?.reason) == [.request])
        script.statusAnswers = [Self.good]
        #expect(script.pollOnce()?.failed == [])
        #expect(script.stateValue("darktrace_appliance_cpu_ratio") == 0.5)
    }

    @Test func `one round does not ask the status of an appliance that is not there`() throws {
        let script = try script {
            $0.answers = [Script.Answer(failure: TransportError(.connect, "not listening"))]
        }
        #expect(script.pollOnce()?.failed == ["hq"])
        #expect(script.statusInstants.isEmpty)
    }

    @Test func `what is more than is shown is said once`() throws {
        let probes = (0..<300).map { "\"\($0)\":{}" }.joined(separator: ",")
        let script = try script { $0.statusAnswers = [Script.Answer(body: "{\"probes\":{\(probes)}}")] }
        script.run(seconds: 300)
        let surplus = script.events.compactMap {
            if case .truncated(let surplus, "/status") = $0 { surplus } else { nil }
        }
        #expect(surplus == [Truncation("probes", count: 300, limit: 256)])
        #expect(script.state.first { $0.descriptor.name == "darktrace_probe_up" }?.series.count == 256)
    }
}
