import Darktrace
import Ledger
import Metrics
import Testing

@testable import Collector

/// A counted feed that is declared as data, over the real ledger, in virtual time.
@Suite struct CountedFeedTests {
    private static let events = FeedKind.counted(
        "events", path: "/events", permissionHint: "no", interval: .minute * 5,
        query: { "endtime=\($0.end.milliseconds)&starttime=\($0.start.milliseconds)" },
        section: (title: "Events", about: "None."),
        counters: [
            .counter("darktrace_test_events_total", "Events.", labels: ["category"], zeros: [["high"], ["low"]]),
            .counter("darktrace_test_escalations_total", "Escalations."),
        ]
    ) { fields, _ in
        guard let id = fields.text("id"), let time = fields.number("time") else { return nil }
        let number = RecordID.number(of: id)
        var counted = [
            CountedRecord(
                id: number, time: ApplianceTime(milliseconds: Int64(time)), labels: [fields.text("category") ?? "low"])
        ]
        if let escalated = fields.number("escalated") {
            counted.append(CountedRecord(id: ~number, time: ApplianceTime(milliseconds: Int64(escalated)), counter: 1))
        }
        return counted
    }

    private static func record(_ id: String, _ category: String, at time: Int64, escalated: Int64? = nil) -> String {
        let escalated = escalated.map { #","escalated":\#($0)"# } ?? ""
        return #"{"id":"\#(id)","category":"\#(category)","time":\#(time)\#(escalated)}"#
    }

    /// Polls with these responses, one after the other, each poll by a feed of its own process.
    private func values(
        _ responses: [[String]], in script: Script, refusal: Script.Answer? = nil
    ) throws -> (values: [String: Double], outcomes: [PollOutcome], isUnavailable: Bool) {
        let bodies = responses.map { Script.Answer(body: "[\($0.joined(separator: ","))]") }
        script.gaugeAnswers[Self.events] = (refusal.map { [$0] } ?? []) + bodies
        script.configuration.feedIntervals[Self.events] = .seconds(300)
        guard case .records(let table) = Self.events.source else { return ([:], [], false) }
        let box = Box()
        let manager = script.collection
        let configuration = script.configuration
        let ledger = script.ledger
        let count = script.gaugeAnswers[Self.events]?.count ?? 0
        let run = script.loop.start {
            for _ in 0..<count {
                let session = manager.session(of: configuration)
                let feed = CountedFeed(
                    Self.events, TableCounting(table: table), session: session, ledger: ledger
                ) { box.families = $0 }
                await feed.restore()
                let deadline = session.monotonic + .seconds(1)
                if let outcome = await session.poll(feed, from: session.monotonic, until: deadline) {
                    box.outcomes.append(outcome)
                }
                box.isUnavailable = feed.isUnavailable
            }
        }
        script.loop.run(until: script.loop.now + 600_000_000_000)
        #expect(run.isFinished)
        var values: [String: Double] = [:]
        for family in box.families {
            for series in family.series {
                guard case .number(let value, _) = series.value else { continue }
                let labels = series.labels.texts.dropFirst().joined(separator: ",")
                values["\(family.descriptor.name){\(labels)}"] = value
            }
        }
        return (values, box.outcomes, box.isUnavailable)
    }

    private final class Box: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var families: [MetricFamily] = []
        var outcomes: [PollOutcome] = []
        var isUnavailable = false
    }

    @Test func `each record counts once, across polls and processes, in each way that it counts`() throws {
        let script = try Script()
        let time = script.trueTime - 60_000
        let first = Self.record("5b1f", "high", at: time)
        let escalated = Self.record("5b1f", "high", at: time, escalated: time + 20_000)
        let second = Self.record("a-2", "low", at: time + 30_000)
        let (values, outcomes, _) = try values(
            [[], [first, first], [second, escalated], [escalated, second, "7"]], in: script)
        #expect(outcomes.allSatisfy { $0.failure == nil })
        #expect(
            values == [
                "darktrace_test_events_total{high}": 1, "darktrace_test_events_total{low}": 1,
                "darktrace_test_escalations_total{}": 1,
            ])
    }

    @Test func `every series that can be known stands at 0 from the first lookback on`() throws {
        let (values, _, _) = try values([[]], in: try Script())
        #expect(values.count == 3)
        #expect(values.values.allSatisfy { $0 == 0 })
    }

    @Test func `a feed that is refused at its first poll is not available, and nothing of it is exposed`() throws {
        let refusal = Script.Answer(status: 403, body: "{}")
        let (values, outcomes, isUnavailable) = try values([], in: try Script(), refusal: refusal)
        #expect(values.isEmpty)
        #expect(isUnavailable)
        #expect(outcomes.first?.failure?.1.cause == .persistent)
    }

    @Test func `counts continue after a failed poll`() throws {
        let script = try Script()
        let record = Self.record("x", "high", at: script.trueTime - 60_000)
        let (values, outcomes, _) = try values(
            [[record]], in: script, refusal: Script.Answer(status: 500, body: "[\(record)]"))
        #expect(outcomes.map { $0.failure == nil } == [false, true])
        #expect(values["darktrace_test_events_total{high}"] == 1)
    }

    @Test func `ids that are texts become numbers that differ`() {
        let ids = (0..<10_000).map { RecordID.number(of: "80010119-6d7f-0000-0305-\($0)") }
        #expect(Set(ids).count == ids.count)
        #expect(RecordID.number(of: "") == Int64(bitPattern: 0xcbf2_9ce4_8422_2325))
        #expect(RecordID.number(of: "a") == Int64(bitPattern: 0xaf63_dc4c_8601_ec8c))
    }
}
