import Darktrace
import Metrics
import Testing

@testable import Collector

/// Events of AI Analyst and actions of Autonomous Response, each counted once.
@Suite struct CountedSecurityFeedTests {
    private static let now = Script.origin

    /// The values of a feed after polls that get these responses, by the labels that follow `appliance`.
    private func values(_ feed: FeedKind, _ responses: [String]) throws -> [String: Double] {
        let script = try Script()
        script.configuration.feedIntervals[feed] = .seconds(60)
        script.configuration.initialLookback = .seconds(86_400)
        script.gaugeAnswers[feed] = responses.map { Script.Answer(body: $0) }
        script.run(seconds: 3_600)
        #expect(script.polls(of: feed).allSatisfy { $0.failure == nil })
        return script.exposedValues(of: feed)
    }

    private static func event(_ id: String, _ category: String, minutesAgo: Int64) -> String {
        #"{"id":"\#(id)","category":\#(category),"createdAt":\#(now - minutesAgo * 60_000),"groupScore":null}"#
    }

    @Test func `each event counts once by its first category, in whatever order events are listed`() throws {
        let name = "darktrace_aianalyst_incident_events_total"
        let first = [
            Self.event("a", #""critical""#, minutesAgo: 30), Self.event("b", "null", minutesAgo: 200),
            Self.event("c", #""suspicious""#, minutesAgo: 50), #"{"id":"d"}"#, "7",
        ]
        let second = [
            Self.event("e", #""compliance""#, minutesAgo: 10), Self.event("a", #""suspicious""#, minutesAgo: 30),
            Self.event("f", #""brand new""#, minutesAgo: 40), Self.event("old", #""critical""#, minutesAgo: 3_000),
        ]
        let values = try values(.incidentEvents, [first, second].map { "[\($0.joined(separator: ","))]" })
        #expect(
            values == [
                "\(name){critical}": 1, "\(name){suspicious}": 1, "\(name){compliance}": 1, "\(name){unknown}": 2,
            ])
    }

    private static func action(
        _ code: Int64, active: Bool, cleared: Bool = false, manual: Bool = false, expiresInMinutes: Int64 = 60
    ) -> String {
        """
        {"codeid":\(code),"active":\(active),"cleared":\(cleared),"manual":\(manual),"start":\(now - 3_600_000),\
        "expires":\(now + expiresInMinutes * 60_000)}
        """
    }

    /// Lists the actions of a window as they are at the time of the request.
    private final class ActionList: Transport, @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        private let script: Script
        /// The start in milliseconds since 1970, and the JSON at a time.
        private let actions: [(start: Int64, json: @Sendable (Int64) -> String)]

        init(_ script: Script, _ actions: [(start: Int64, json: @Sendable (Int64) -> String)]) {
            self.script = script
            self.actions = actions
        }

        func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
            let query = ModelAppliance.Query(request.target)
            let found = actions.filter { query.start <= $0.start && $0.start < query.end }
            let head = ResponseHead(
                status: 200, headers: [.init("date", ModelAppliance.httpDate(script.trueTime))])
            receiver.receive(head)
            let bytes = Array("[\(found.map { $0.json(script.trueTime) }.joined(separator: ","))]".utf8)
            _ = receiver.receive(bytes.span.bytes)
            return TransportResult(head: head, bodyBytes: bytes.count)
        }
    }

    @Test func `an action that is confirmed, or expires, days after its start is counted`() throws {
        let hour: Int64 = 3_600_000
        let script = try Script()
        let start = script.trueTime - hour
        func action(_ code: Int64, activeAfter: Int64?, expiresAfter: Int64) -> (Int64, @Sendable (Int64) -> String) {
            (
                start,
                { now in
                    let isActive = activeAfter.map { now >= start + $0 } ?? false
                    return #"{"codeid":\#(code),"active":\#(isActive),"cleared":false,"manual":false,"#
                        + #""start":\#(start),"expires":\#(start + expiresAfter)}"#
                }
            )
        }
        let list = ActionList(
            script,
            [
                action(1, activeAfter: 40 * hour, expiresAfter: 120 * hour),
                action(2, activeAfter: 160 * hour, expiresAfter: 240 * hour),
                action(3, activeAfter: nil, expiresAfter: 72 * hour),
            ])
        script.configuration.pollsModelBreaches = false
        script.configuration.feedIntervals[.antigenaActions] = .seconds(300)
        let manager = script.manager(over: list)
        _ = script.loop.start { await manager.run() }
        script.loop.run(until: script.loop.now + 8 * 24 * 3_600_000_000_000)
        let values = (script.gauges[.antigenaActions] ?? []).flatMap { family in
            family.series.compactMap { series -> String? in
                guard case .number(let value, _) = series.value, value > 0 else { return nil }
                return "\(family.descriptor.name) \(value)"
            }
        }
        #expect(
            values.sorted() == [
                "darktrace_antigena_actions_expired_unconfirmed_total 1.0",
                "darktrace_antigena_actions_started_total 2.0",
            ])
    }

    @Test func `an action counts when it takes effect, or when it expired without`() throws {
        let waiting = [
            Self.action(1, active: true), Self.action(2, active: false), Self.action(3, active: true, manual: true),
            Self.action(4, active: false, cleared: true), Self.action(5, active: true, expiresInMinutes: -30),
            Self.action(6, active: false, expiresInMinutes: -30),
        ]
        let later = [Self.action(2, active: true), Self.action(6, active: false, expiresInMinutes: -30)]
        let values = try values(.antigenaActions, [waiting, later].map { "[\($0.joined(separator: ","))]" })
        #expect(
            values == [
                "darktrace_antigena_actions_started_total{model}": 4,
                "darktrace_antigena_actions_started_total{manual}": 1,
                "darktrace_antigena_actions_expired_unconfirmed_total{}": 1,
            ])
    }
}
