import Collector
import Darktrace
import Metrics
import Testing

/// One poll of everything by a process that ends, in virtual time.
@Suite struct OnceTests {
    private static let hour: Int64 = 3_600_000

    /// An appliance whose first lookback is counted, by a process that has ended.
    private func countedScript() throws -> Script {
        let script = try Script()
        let creation = Script.origin - Self.hour
        script.population = [(creation, Script.record(1, at: creation, model: "Old"))]
        try #require(script.pollOnce()?.failed == [])
        return script
    }

    /// A breach of a model that never breached before is there now.
    private func breach(_ id: Int64, _ model: String, in script: Script) {
        let creation = script.trueTime - 5_000
        script.population.append((creation, Script.record(id, at: creation, model: model)))
    }

    private func exposed(_ script: Script) -> [String: Double] {
        let family = script.published.last?.first { $0.descriptor == BreachMetrics.modelBreaches }
        return Dictionary(
            uniqueKeysWithValues: (family?.series ?? []).compactMap { series in
                guard case .number(let value, _) = series.value else { return nil }
                let labels = String(decoding: series.labels.rendered, as: UTF8.self)
                return (labels.firstMatch(of: #/model="([^"]*)"/#).map { String($0.1) } ?? labels, value)
            })
    }

    @Test func `the first lookback is exposed immediately, however many minutes its requests take`() throws {
        let script = try Script()
        let creation = Script.origin - 20 * 24 * Self.hour
        script.population = [(creation, Script.record(1, at: creation, model: "Old"))]
        script.configuration.requestsPerMinute = 1
        #expect(script.pollOnce()?.failed == [])
        #expect(script.polls.count == 1)
        #expect(script.polls.first?.isComplete == true)
        #expect(script.targets.count > 2)
        #expect((script.polls.first?.seconds ?? 0) > 60)
        #expect(exposed(script) == ["Old": 1])
    }

    @Test func `a later poll asks for the overlap and what came since, and counts only what is new`() throws {
        let script = try countedScript()
        let asked = script.targets.count
        breach(2, "Old", in: script)
        script.loop.run(until: script.loop.now + 60_000_000_000)
        #expect(script.pollOnce()?.failed == [])
        #expect(script.polls.last?.counted == 1)
        #expect(exposed(script) == ["Old": 2])
        // The last poll ended an hour before; the second look that is due after an hour comes with it.
        #expect(script.targets[asked].end - script.targets[asked].start < 2 * Self.hour)
        #expect(script.targets[asked...].contains { !$0.byCreation })
    }

    @Test func `a new model shows 0 to the end of its poll, and its number in the next`() throws {
        let script = try countedScript()
        // Shorter than the poll: its second look may last minutes.
        script.configuration.newSeriesHold = .seconds(0.001)
        breach(2, "New", in: script)
        _ = script.pollOnce()
        #expect(exposed(script) == ["Old": 1, "New": 0])
        breach(3, "New", in: script)
        breach(4, "Newer", in: script)
        _ = script.pollOnce()
        #expect(exposed(script) == ["Old": 1, "New": 2, "Newer": 0])
        _ = script.pollOnce()
        #expect(exposed(script) == ["Old": 1, "New": 2, "Newer": 1])
    }

    @Test func `zeros that no scraper has read are shown again`() throws {
        let script = try countedScript()
        breach(2, "New", in: script)
        _ = script.pollOnce(isKilled: true)
        _ = script.pollOnce(isKilled: true)
        #expect(exposed(script) == ["Old": 1, "New": 0])
        _ = script.pollOnce()
        #expect(exposed(script) == ["Old": 1, "New": 0])
        _ = script.pollOnce()
        #expect(exposed(script) == ["Old": 1, "New": 1])
    }

    @Test func `without a hold a new model shows its number at once`() throws {
        let script = try countedScript()
        script.configuration.newSeriesHold = .zero
        breach(2, "New", in: script)
        _ = script.pollOnce()
        #expect(exposed(script) == ["Old": 1, "New": 1])
    }

    @Test func `a failed poll names its appliance, and what was counted before is still exposed`() throws {
        let script = try countedScript()
        breach(2, "New", in: script)
        _ = script.pollOnce(isKilled: true)
        script.answers = [Script.Answer(status: 500, body: "")]
        #expect(script.pollOnce()?.failed == ["hq"])
        #expect(exposed(script) == ["Old": 1, "New": 0])
        script.answers = [Script.Answer()]
        #expect(script.pollOnce()?.failed == [])
        #expect(exposed(script) == ["Old": 1, "New": 1], "it was shown as 0, whether the poll succeeded or not")
    }

    @Test func `an appliance that is too slow for a day at once is asked for less until it answers`() throws {
        let script = try Script()
        script.configuration.initialLookback = .seconds(2 * 86_400)
        script.answers = [Script.Answer(slowAbove: 4 * Self.hour)]
        #expect(script.pollOnce()?.failed == [])
        #expect(script.polls.last?.isComplete == true)
    }

    @Test func `an appliance that is not there is not asked again and again`() throws {
        let script = try Script()
        script.answers = [Script.Answer(failure: TransportError(.timeout, "no listener"))]
        #expect(script.pollOnce()?.failed == ["hq"])
        #expect(script.targets.count == 1)
        // One that takes the request and never answers has three tries: whole, half, and the narrowest.
        script.answers = [Script.Answer(slowAbove: 0)]
        #expect(script.pollOnce()?.failed == ["hq"])
        #expect(script.targets.count == 4)
        #expect(script.targets.last.map { $0.end - $0.start } == 60_000)
    }

    @Test func `a day without a readable record does not keep the first lookback from its end`() throws {
        let script = try Script()
        script.configuration.initialLookback = .seconds(3 * 86_400)
        let odd = Script.origin - 84 * Self.hour
        let good = Script.origin - Self.hour
        let strange = (1...3).map { (odd, "{\"id\":\($0)}") }
        script.population = strange + [(good, Script.record(1, at: good, model: "Old"))]
        #expect(script.pollOnce()?.failed == [])
        #expect(exposed(script) == ["Old": 1])
        // With nothing else to read anywhere, the poll says so.
        let lost = try Script()
        lost.answers = [Script.Answer(body: "[{\"id\":1},{\"id\":2},{\"id\":3}]")]
        #expect(lost.pollOnce()?.failed == ["hq"])
        #expect(lost.polls.last?.failure?.reason == .records)
    }

    @Test func `cancelling ends at once, and nothing is said of it`() throws {
        let script = try Script()
        script.answers = [Script.Answer(delay: 1_000_000)]
        let collection = script.collection
        let visit = script.loop.start { _ = await collection.pollOnce() }
        script.loop.run(until: script.loop.now + 5_000_000_000)
        visit.task?.cancel()
        script.loop.runJobs()
        #expect(visit.isFinished)
        #expect(script.polls.isEmpty)
    }
}
