import Collector
import Darktrace
import Ledger
import Metrics
import TestSupport
import Testing

/// What one appliance's task does, one behaviour at a time, in virtual time.
@Suite struct PollManagerTests {
    private static let hour: Int64 = 3_600_000

    /// An appliance with a complete ledger and nothing to tell.
    private func quietScript() throws -> Script {
        let script = try Script()
        script.run(seconds: 50)
        try #require(script.polls.last?.isComplete == true)
        return script
    }

    @Test func `the first lookback is asked for in slices, then the families appear`() throws {
        let script = try Script()
        let creation = Script.origin - Self.hour
        script.population = [(creation, Script.record(1, at: creation))]
        script.run(seconds: 20)
        #expect(script.polls.count == 1)
        #expect(script.polls.first?.failure == nil)
        #expect(script.polls.first?.counted == 1)
        #expect(script.targets.first?.start == Script.origin - 31 * 24 * Self.hour)
        for (one, next) in zip(script.targets, script.targets.dropFirst()) { #expect(one.end == next.start) }
        let counts = script.published.map { $0.contains { $0.descriptor == BreachMetrics.modelBreaches } }
        #expect(counts.first == false && counts.last == true)
        #expect(script.value(BreachMetrics.modelBreaches) == 1)
        #expect(script.value(BreachMetrics.ledgerStart) == Double(Script.origin - 30 * 24 * Self.hour) / 1_000)
    }

    @Test func `ticks are an interval apart and ask for the overlap again`() throws {
        let script = try quietScript()
        let before = script.targets.count
        script.run(seconds: 600)
        let instants = script.instants[before...]
        #expect(instants.count == 10)
        for (one, next) in zip(instants, instants.dropFirst()) { #expect(next - one == 60) }
        for target in script.targets[(before + 1)...] {
            #expect((900_000 + 58_000...900_000 + 62_000).contains(target.end - target.start))
        }
    }

    @Test func `cancelling ends at once, also in the middle of a request`() throws {
        let script = try Script()
        script.answers = [Script.Answer(delay: 1_000)]
        script.run(seconds: 5)
        #expect(script.targets.count == 1)
        #expect(script.stop())
        #expect(script.polls.isEmpty)
    }

    @Test func `a new model shows 0 for the hold, then its number`() throws {
        let script = try quietScript()
        script.answers = [Script.Answer(body: "[\(Script.record(5, at: script.trueTime + 20_000))]")]
        script.run(seconds: 60)
        #expect(script.value(BreachMetrics.modelBreaches) == 0)
        script.run(seconds: 115)
        #expect(script.value(BreachMetrics.modelBreaches) == 0)
        script.run(seconds: 10)
        #expect(script.value(BreachMetrics.modelBreaches) == 1)
    }

    @Test func `a restart begins the hold again`() throws {
        let script = try quietScript()
        script.answers = [Script.Answer(body: "[\(Script.record(5, at: script.trueTime + 20_000))]")]
        script.run(seconds: 150)
        #expect(script.stop())
        script.run(seconds: 100)
        #expect(script.value(BreachMetrics.modelBreaches) == 0)
        script.run(seconds: 30)
        #expect(script.value(BreachMetrics.modelBreaches) == 1)
    }

    @Test(arguments: [PollReport.Reason.secret, .tls])
    func `without a usable file nothing is sent, and a file that is repaired is used at once`(
        reason: PollReport.Reason
    ) throws {
        let script = try Script()
        script.configuration.pollInterval = .seconds(3_600)
        script.credentials = .failure(SecretError(reason, detail: "no such file"))
        script.run(seconds: 60)
        #expect(script.targets.isEmpty)
        #expect(script.polls.map(\.failure) == [PollReport.Failure(reason, "no such file")])
        script.credentials = .success(Credentials(publicToken: "p", privateToken: "q"))
        script.run(seconds: 6)
        #expect(script.targets.count == 1 || script.targets.count > 1)
    }

    @Test(arguments: [
        (400, "{\"modelbreaches\": \"API SIGNATURE ERROR\"}"), (302, "Found. Redirecting to /login"), (403, "{}"),
    ])
    func `refused credentials are tried again at once when they change`(status: Int, body: String) throws {
        let script = try Script()
        script.configuration.pollInterval = .seconds(900)
        script.answers = [Script.Answer(status: status, body: body), Script.Answer()]
        script.run(seconds: 0.5)
        #expect(script.polls.last?.failure?.reason == .request)
        script.credentials = .success(Credentials(publicToken: "p", privateToken: "new"))
        script.run(seconds: 5.5)
        #expect(script.targets.count > 1)
    }

    @Test func `Retry-After is obeyed`() throws {
        let script = try Script()
        script.answers = [Script.Answer(status: 429, body: "", headers: [.init("retry-after", "1800")])]
        script.run(seconds: 1_795)
        #expect(script.targets.count == 1)
        script.run(seconds: 10)
        #expect(script.targets.count == 2)
    }

    @Test func `a failed commit loses nothing: the same window is asked for again`() throws {
        let script = try quietScript()
        script.inject(.refusedCommits)
        let asked = script.targets.count
        script.answers = [Script.Answer(body: "[\(Script.record(5, at: script.trueTime))]")]
        script.run(seconds: 60)
        #expect(script.polls.last?.failure?.reason == .ledger)
        #expect(script.value(BreachMetrics.modelBreaches) == nil)
        script.inject(nil)
        script.run(seconds: 400)
        #expect(script.polls.last?.failure == nil)
        #expect(script.value(BreachMetrics.modelBreaches) == 1)
        #expect(script.targets[asked + 1].start <= script.targets[asked].start)
    }

    @Test func `a clock that stepped is followed in the same tick`() throws {
        let script = try quietScript()
        let asked = script.targets.count
        script.offset = -Self.hour
        script.run(seconds: 60)
        #expect(script.targets.count == asked + 2)
        let (first, second) = (script.targets[asked], script.targets[asked + 1])
        #expect(abs(first.end - second.end - Self.hour) < 3_000)
        #expect(second.end - second.start == 900_000)
        #expect(
            script.events.contains { if case .clockStepped(let step) = $0 { abs(step + 3_600) < 3 } else { false } })
    }

    @Test(arguments: [2 * 24 * hour, -2 * 24 * hour])
    func `a first start with a wrong Date counts what exists and what comes`(offset: Int64) throws {
        let script = try Script()
        let creations = (0..<10).map { Script.origin - Self.hour * $0 } + (1...10).map { Script.origin + 60_000 * $0 }
        script.population = creations.enumerated().map { ($1, Script.record(Int64($0), at: $1)) }
        script.offset = offset
        script.run(seconds: 30)
        script.offset = 0
        script.run(seconds: 1_200)
        #expect(script.value(BreachMetrics.modelBreaches) == 20)
        let start = try #require(script.value(BreachMetrics.ledgerStart))
        #expect(abs(start - Double(Script.origin - 30 * 24 * Self.hour) / 1_000) < 60)
        #expect(script.events.contains { if case .startedByOwnClock = $0 { true } else { false } })
    }

    @Test func `a ledger that starts in the future starts again, counts nothing twice, and says so`() throws {
        let script = try Script()
        script.population = (0..<10).map { (id: Int64) in
            let creation = Script.origin - Self.hour * id
            return (creation, Script.record(id, at: creation))
        }
        let future = Script.origin + 24 * Self.hour
        let counted = RowUpdate(
            key: RowKey(family: BreachMetrics.modelBreaches.name, labels: ["A::B", "critical"]), operation: .add(1),
            createdMilliseconds: future)
        let batch = WriteBatch(
            key: FeedKey(appliance: "hq", feed: "modelbreaches"), changes: [counted],
            seen: [SeenRecord(id: 3, milliseconds: Script.origin - Self.hour * 3)],
            checkpoint: FeedCheckpoint(startMilliseconds: future, cursorMilliseconds: future, isComplete: true))
        let ledger = script.ledger
        _ = script.loop.start { try? await ledger.commit(batch) }
        script.loop.runJobs()
        script.run(seconds: 300)
        #expect(script.value(BreachMetrics.modelBreaches) == 10)
        #expect(try #require(script.value(BreachMetrics.ledgerStart)) < Double(Script.origin) / 1_000)
        let repairs = script.events.filter { if case .startRepaired = $0 { true } else { false } }
        #expect(repairs.count == 1)
        #expect(script.stop())
        script.run(seconds: 300)
        #expect(script.value(BreachMetrics.modelBreaches) == 10)
    }

    @Test func `an answer with too many records is given up and asked for in halves`() throws {
        let script = try quietScript()
        script.configuration.maxRecords = 3
        #expect(script.stop())
        let asked = script.targets.count
        let records = (1...4).map { Script.record($0, at: script.trueTime - 1_000 * $0) }.joined(separator: ",")
        script.answers =
            Array(repeating: Script.Answer(), count: asked) + [Script.Answer(body: "[\(records)]"), Script.Answer()]
        script.run(seconds: 10)
        let (first, second) = (script.targets[asked], script.targets[asked + 1])
        #expect(second.start == first.start)
        #expect(abs(second.end - second.start - (first.end - first.start) / 2) <= 1)
        #expect(script.polls.last?.failure == nil)
    }

    @Test func `short records that lack what long ones have are requested as full records, permanently`() throws {
        let script = try quietScript()
        let asked = script.targets.count
        let time = script.trueTime
        script.answers =
            Array(repeating: Script.Answer(), count: asked) + [
                Script.Answer(body: "[\(Script.record(1, at: time, score: nil))]"),
                Script.Answer(body: "[\(Script.record(1, at: time))]"),
            ]
        script.run(seconds: 130)
        #expect(script.targets[asked...].map(\.isMinimal) == [true, false, false])
        #expect(script.stop())
        script.run(seconds: 10)
        #expect(script.targets.last?.isMinimal == false)
    }

    @Test func `records that lack something in either form are not asked for twice again`() throws {
        let script = try quietScript()
        let asked = script.targets.count
        script.answers = [Script.Answer(body: "[\(Script.record(1, at: script.trueTime, score: nil))]")]
        script.run(seconds: 190)
        #expect(script.targets[asked...].map(\.isMinimal) == [true, false, true, true])
    }

    @Test func `an answer of which nothing can be read moves nothing`() throws {
        let script = try quietScript()
        let asked = script.targets.count
        let odd = "{\"id\":1},{\"id\":2},{\"id\":3}"
        script.answers = [Script.Answer(body: "[\(odd)]")]
        script.run(seconds: 120)
        #expect(script.polls.last?.failure?.reason == .records)
        #expect(script.polls.last?.unreadable == 3)
        #expect(script.targets[asked].start == script.targets[asked + 1].start)
        script.answers = [Script.Answer(body: "[\(odd),\(Script.record(1, at: script.trueTime))]")]
        script.run(seconds: 60)
        #expect(script.polls.last?.failure == nil)
        #expect(script.polls.last?.counted == 1)
        #expect(script.polls.last?.unreadable == 3)
        #expect(script.events.count { if case .unreadable = $0 { true } else { false } } == 1)
    }

    @Test func `an appliance that ignores creationtime is asked by activity, and by creation when it honours it`()
        throws
    {
        let script = try quietScript()
        let early = Script.record(1, at: script.trueTime - 20 * Self.hour)
        script.answers = [Script.Answer(body: "[\(early)]")]
        script.run(seconds: 60)
        #expect(script.events.contains { if case .creationTimeFallback(true) = $0 { true } else { false } })
        let asked = script.targets.count
        script.answers = [Script.Answer()]
        script.run(seconds: 60)
        #expect(script.targets[asked].byCreation == false)
        #expect(script.targets[asked].end - script.targets[asked].start > 6 * Self.hour)
    }

    @Test func `when a minute's requests are used up, a tick that sends none fails for the budget`() throws {
        let script = try Script()
        script.configuration.pollInterval = .seconds(10)
        script.configuration.requestsPerMinute = 3
        #expect(script.configuration.interval(of: .modelBreaches).inSeconds == 20)
        for turn in 0..<30 {
            // A clock that steps before each poll costs a second request.
            script.offset = turn.isMultiple(of: 2) ? 0 : 20_000
            script.run(seconds: 20)
        }
        #expect(script.polls.contains { $0.failure?.reason == .budget })
        #expect(script.polls.contains { $0.failure == nil })
    }

    @Test func `the second look is taken every hour, twice over all that may still change`() throws {
        let script = try quietScript()
        let asked = script.targets.count
        script.run(seconds: 3_700)
        let second = script.targets[asked...].filter { $0.end - $0.start > Self.hour }
        let both = [true, false].map { byCreation in second.filter { $0.byCreation == byCreation } }
        for windows in both {
            let (first, last) = (try #require(windows.first), try #require(windows.last))
            #expect(last.end - first.start > 26 * Self.hour)
            #expect(last.end > script.trueTime - Self.hour)
        }
        #expect(both[0] + both[1] == Array(second))
    }

    @Test func `after weeks without contact the newest data come first`() throws {
        let script = try quietScript()
        #expect(script.stop())
        script.loop.run(until: script.loop.now + 21 * 24 * Self.hour * 1_000_000)
        let asked = script.targets.count
        script.run(seconds: 5)
        let first = script.targets[asked]
        #expect(abs(first.end - script.trueTime) < 10_000)
        #expect(first.end - first.start == 900_000)
        let catchUp = script.targets[(asked + 1)...].filter { $0.byCreation }
        #expect((catchUp.first?.start ?? .max) < script.trueTime - 20 * 24 * Self.hour)
    }

    @Test func `with one request a minute neither the newest data, nor catching up, nor the second look starves`()
        throws
    {
        let script = try quietScript()
        #expect(script.stop())
        script.configuration.requestsPerMinute = 1
        script.loop.run(until: script.loop.now + 21 * 24 * Self.hour * 1_000_000)
        let asked = script.targets.count
        script.run(seconds: 3_600)
        let targets = script.targets[asked...]
        #expect(targets.count <= 61)
        #expect(targets.contains { $0.end > script.trueTime - 120_000 })
        #expect(targets.contains { !$0.byCreation && $0.end > script.trueTime - Self.hour })
        #expect(script.value(BreachMetrics.pollCursor) ?? 0 > Double(script.trueTime) / 1_000 - 180)
    }

    @Test func `with one request a minute a record that lacks something is counted all the same`() throws {
        let script = try quietScript()
        #expect(script.stop())
        script.configuration.requestsPerMinute = 1
        let creation = script.trueTime - 60_000
        script.population = [(creation, Script.record(1, at: creation, score: nil))]
        script.run(seconds: 600)
        #expect(script.polls.reduce(0) { $0 + $1.counted } == 1)
        #expect(script.targets.contains { !$0.isMinimal })
    }

    @Test func `what was listed late at the beginning of an outage of months is found after it`() throws {
        let script = try quietScript()
        let creation = script.trueTime - Self.hour
        #expect(script.stop())
        script.population = [(creation, Script.record(1, at: creation))]
        script.loop.run(until: script.loop.now + 70 * 24 * Self.hour * 1_000_000)
        script.run(seconds: 600)
        #expect(script.polls.reduce(0) { $0 + $1.counted } == 1)
    }
}
