import TestSupport
import Testing

@testable import Collector

/// Polls that count nothing, which need not be written one by one.
@Suite struct UnwrittenProgressTests {
    private let script: Script

    init() throws {
        script = try Script()
        script.configuration.recheckInterval = .day
    }

    private var commits: Int { script.events.count { if case .committed = $0 { true } else { false } } }

    private func addBreach(_ id: Int64) {
        let creation = script.trueTime - 2_000
        script.population.append((creation, Script.record(id, at: creation)))
    }

    @Test func `the cursor is written every five minutes, and a breach at once`() {
        script.run(seconds: 90)
        let begin = commits
        let polls = script.polls.count
        script.run(seconds: 3_000)
        #expect(script.polls.count - polls == 50)
        #expect(commits - begin == 10)
        for id in 1...3 as ClosedRange<Int64> {
            let before = commits
            addBreach(id)
            script.run(seconds: 61)
            #expect(commits > before)
            #expect(script.polls.last?.counted == 1)
        }
    }

    @Test
    func `a process that ends in between is followed by one that repeats five minutes at most, and counts the same`() {
        addBreach(1)
        script.run(seconds: 90)
        script.run(seconds: 600)
        addBreach(2)
        script.run(seconds: 280)
        let last = script.targets.last
        #expect(script.stop())
        script.run(seconds: 61)
        let next = script.targets.last { $0.start != last?.start }
        #expect((next?.start ?? 0) >= (last?.start ?? 0) - 300_000)
        #expect(script.value(BreachMetrics.modelBreaches) == 2)
    }

    @Test func `after a failed commit the next one is written, so that it is known whether it works again`() {
        script.run(seconds: 90)
        script.inject(.refusedCommits)
        addBreach(1)
        script.run(seconds: 60)
        script.population = []
        script.inject(nil)
        let before = commits
        script.run(seconds: 60)
        #expect(commits == before + 1)
    }

    @Test func `a clock that goes back is written, because its cursor is before the written one`() {
        script.run(seconds: 90)
        let before = commits
        script.offset = -120_000
        script.run(seconds: 60)
        #expect(commits == before + 1)
    }
}
