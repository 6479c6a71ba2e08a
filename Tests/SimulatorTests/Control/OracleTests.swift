import Foundation
import Testing

@testable import Simulator

@Suite struct OracleTests {
    /// What can be counted from the answers of the API alone.
    private struct Counted: Equatable {
        var total = 0
        var models: [String: Int] = [:]
        var cumulative = [Int](repeating: 0, count: 10)
        var sum = 0

        init(_ list: [[String: Any]]) throws {
            for object in list {
                let model = try #require(object["model"] as? [String: Any])
                let name = try #require(model["name"] as? String)
                let score = try #require(object["score"] as? Double)
                total += 1
                models[name, default: 0] += 1
                for bound in 1...10 where score <= Double(bound) / 10 { cumulative[bound - 1] += 1 }
                sum += Int((score * 1_000).rounded())
            }
        }

        init(_ oracle: Oracle) {
            total = oracle.total
            for (key, count) in oracle.models { models[key.name, default: 0] += count }
            for histogram in oracle.scores.values {
                for (index, count) in histogram.cumulative.enumerated() { cumulative[index] += count }
                sum += Int((histogram.sum * 1_000).rounded())
            }
        }
    }

    private func counted(_ stage: SimulatorFixture, _ more: String = "") throws -> Counted {
        try Counted(
            stage.list(stage.everything("&creationtime=true&historicmodelonly=true&minimal=true\(more)")))
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `the oracle counts what the appliance lists`(_ seed: UInt64) throws {
        let stage = SimulatorFixture(seed: seed, rate: 300)
        try stage.set("late-listing=7200")
        try stage.set("late-listing-share=0.3")
        stage.time.pass(seconds: 86_400)
        _ = try stage.command("/-/burst", "count=20&model=Never%20Seen&priority=4")
        #expect(try counted(stage) == Counted(Oracle(stage.appliance, Oracle.Query())))
        var question = Oracle.Query()
        question.includesSuppressed = true
        #expect(try counted(stage, "&includesuppressed=true") == Counted(Oracle(stage.appliance, question)))
    }

    @Test func `a question can be bound by creation on the appliance's clock`() throws {
        let stage = SimulatorFixture()
        _ = try stage.command("/-/clock", "skew=600")
        let (from, to) = (SimulatorFixture.now - 2 * SimulatorFixture.day, SimulatorFixture.now - SimulatorFixture.day)
        let list = try stage.list(
            "/modelbreaches?creationtime=true&endtime=\(to)&historicmodelonly=true&includeacknowledged=true"
                + "&minimal=true&starttime=\(from)")
        #expect(list.count > 50)
        var question = Oracle.Query()
        question.created = from...to
        #expect(try Counted(list) == Counted(Oracle(stage.appliance, question)))
    }

    @Test func `what is not listed yet is counted separately`() throws {
        let stage = SimulatorFixture(rate: 2_000, historyDays: 2)
        let before = Oracle(stage.appliance, Oracle.Query()).total
        try stage.set("late-listing=100000")
        stage.time.pass(seconds: 7_200)
        let listed = Oracle(stage.appliance, Oracle.Query())
        #expect(listed.total == before)
        #expect(listed.unlisted > 50)
        var question = Oracle.Query()
        question.isListedOnly = false
        let all = Oracle(stage.appliance, question)
        #expect(all.total + all.suppressed == listed.total + listed.suppressed + listed.unlisted)
        stage.time.pass(seconds: 200_000)
        question.created = .min...SimulatorFixture.now + 7_200_000
        #expect(Oracle(stage.appliance, question).total == all.total)
    }

    @Test func `spoilt records are not counted`() throws {
        let stage = SimulatorFixture(rate: 2_000, historyDays: 2)
        try stage.set("unreadable-every=4")
        stage.time.pass(seconds: 7_200)
        let oracle = Oracle(stage.appliance, Oracle.Query())
        let list = try #require(try stage.answer(stage.everything("&creationtime=true")).json as? [Any])
        let readable = list.compactMap { $0 as? [String: Any] }.filter {
            $0["pbid"] != nil && ($0["time"] != nil || $0["creationTime"] != nil)
        }
        #expect(oracle.unreadable > 20)
        #expect(readable.count == oracle.total)
        #expect(list.count == oracle.total + oracle.unreadable)
    }
}
