import Darktrace
import Ledger
import Metrics
import Testing

@testable import Collector

/// The way through the past, in virtual time.
@Suite struct BackfillHistoryTests {
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour
    private static let end = Script.origin - 3 * hour
    private static let range = BackfillRange(start: end - 20 * day, end: end, step: 300_000)

    /// What became of the question.
    private final class Outcome: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var result: Result<[BackfillHistory], any Error>?
    }

    private func ask(_ script: Script, _ range: BackfillRange = range, hours: Int64 = 24) -> Result<
        [BackfillHistory], any Error
    >? {
        let (collection, outcome) = (script.collection, Outcome())
        _ = script.loop.start {
            do {
                outcome.result = .success(try await collection.backfill(over: ["hq": range]))
            } catch { outcome.result = .failure(error) }
        }
        script.loop.run(until: script.loop.now + hours * 3_600_000_000_000)
        return outcome.result
    }

    /// A breach every hour from long before the range to the present.
    private func populated() throws -> Script {
        let script = try Script()
        script.population = (0..<24 * 30).map { index in
            let creation = Script.origin - Int64(index) * Self.hour
            return (creation, Script.record(Int64(index), at: creation, model: index % 2 == 0 ? "A" : "B"))
        }
        return script
    }

    private var truth: Int { 20 * 24 }

    @Test func `everything in the range is written once, and nothing after it is requested`() throws {
        let script = try populated()
        let histories = try #require(ask(script)).get()
        #expect(histories.map(\.count) == [truth])
        #expect(histories.first?.series.count == 2)
        #expect(script.targets.allSatisfy { $0.end <= Self.end && $0.byCreation })
        #expect(script.targets.allSatisfy { $0.start >= Self.range.start - 2 * Self.day })
        #expect(script.targets.count < 10)
        guard case .backfillProgress(let part) = script.events.last else {
            Issue.record("the end is not reported")
            return
        }
        #expect(part == BackfillProgress(count: truth, endMilliseconds: Self.end, isComplete: true))
    }

    @Test func `a server that fails now and then is asked again, and nothing counts twice`() throws {
        let script = try populated()
        let (good, bad) = (Script.Answer(), Script.Answer(status: 502))
        script.answers = [bad, bad, bad, bad, good, bad, bad, good, bad, good]
        #expect(try ask(script)?.get().map(\.count) == [truth])
    }

    @Test func `one that goes on failing is given up after five tries`() throws {
        let script = try populated()
        script.answers = [Script.Answer(), Script.Answer(status: 502)]
        #expect(throws: BackfillError.self) { try #require(ask(script)).get() }
        #expect(script.targets.count == 6)
        do {
            _ = try #require(ask(try failing())).get()
        } catch {
            #expect("\(error)".hasPrefix("appliance hq: server: "))
            #expect("\(error)".hasSuffix("nothing was written, since a part would look like the whole"))
        }
    }

    private func failing() throws -> Script {
        let script = try Script()
        script.answers = [Script.Answer(status: 500)]
        return script
    }

    @Test func `refused credentials are not tried again`() throws {
        let script = try populated()
        script.answers = [Script.Answer(status: 400, body: "API SIGNATURE ERROR")]
        #expect(throws: BackfillError.self) { try #require(ask(script)).get() }
        #expect(script.targets.count == 1)
        script.credentials = .failure(SecretError(detail: "token: gone"))
        #expect(throws: BackfillError(appliance: "hq", detail: "token: gone")) { try #require(ask(script)).get() }
        #expect(script.targets.count == 1)
    }

    @Test func `a page that is no list ends it, and no breach is made of it`() throws {
        let script = try populated()
        script.answers = [Script.Answer(body: "<html>login</html>")]
        #expect(throws: BackfillError.self) { try #require(ask(script)).get() }
    }

    @Test func `answers that are too large or too slow are asked for in parts`() throws {
        let large = try populated()
        large.configuration.maxRecords = 7
        #expect(try ask(large)?.get().map(\.count) == [truth])
        #expect(large.targets.count > truth / 7)
        let slow = try populated()
        slow.answers = [Script.Answer(slowAbove: 6 * Self.hour)]
        #expect(try ask(slow)?.get().map(\.count) == [truth])
    }

    @Test func `the request budget of the appliance is kept, with a share for the running exporter`() throws {
        let script = try populated()
        script.configuration.maxRecords = 7
        script.configuration.requestsPerMinute = 10
        #expect(try ask(script)?.get().map(\.count) == [truth])
        for instant in script.instants {
            #expect(script.instants.count { instant <= $0 && $0 < instant + 60 } <= 8 + 1)
        }
    }

    @Test func `models beyond the limit are written as other`() throws {
        let script = try populated()
        script.configuration.maxModels = 1
        let history = try #require(ask(script)?.get().first)
        #expect(history.count == truth)
        #expect(
            Set(history.series.map(\.model.text)) == ["B", "other"]
                || Set(history.series.map(\.model.text)) == ["A", "other"])
    }

    @Test(arguments: [-7_200_000, -20_000, 20_000, 7_200_000] as [Int64])
    func `the whole history of an appliance is read although its clock is off`(offset: Int64) throws {
        let script = try populated()
        script.offset = offset
        #expect(try ask(script)?.get().map(\.count) == [truth])
    }

    @Test func `cancelled, it ends at once and has nothing`() throws {
        let script = try populated()
        script.answers = [Script.Answer(delay: 1_000_000)]
        let (collection, outcome) = (script.collection, Outcome())
        let run = script.loop.start {
            do {
                outcome.result = .success(try await collection.backfill(over: ["hq": Self.range]))
            } catch { outcome.result = .failure(error) }
        }
        script.loop.run(until: script.loop.now + 1_000_000_000)
        run.task?.cancel()
        script.loop.runJobs()
        #expect(throws: CancellationError.self) { try #require(outcome.result).get() }
    }
}
