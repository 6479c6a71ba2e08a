import Darktrace
import Metrics
import Testing

@testable import Collector

/// Responses of old and new versions as they were seen, with the same fields and types.
@Suite struct GoldenShapeTests {
    private static let now = Script.origin

    /// What a feed exposes after one poll, by name and the labels that follow `appliance`.
    private func values(_ feed: FeedKind, _ body: String, tactics: Script.Answer? = nil) throws -> [String: Double] {
        let script = try Script()
        script.configuration.feedIntervals[feed] = .seconds(60)
        script.configuration.initialLookback = .seconds(86_400)
        script.gaugeAnswers[feed] = [Script.Answer(body: body)]
        if let tactics { script.pathAnswers["/summarystatistics?mitreTactics=true"] = [tactics] }
        script.run(seconds: 90)
        #expect(
            script.polls(of: feed).allSatisfy {
                $0.failure == nil && $0.unreadable == 0 && $0.unreadableFields == 0
            })
        return script.exposedValues(of: feed)
    }

    @Test func `statistics of 2019 have few types of devices, no actions and no tactics`() throws {
        let body = """
            {"usercredentialcount":18,"subnets":12,"patterns":90211,
             "bandwidth":[{"timems":1759910400000,"time":"2025-10-08 08:00:00","kb":41201331},
                          {"timems":1759996800000,"time":"2025-10-09 08:00:00","kb":39870112}],
             "devicecount":{"unknown":2,"laptop":31,"desktop":40,"server":12,"total":85}}
            """
        let values = try values(
            .statistics, body, tactics: Script.Answer(status: 400, body: #"{"summarystatistics":"INPUT ERROR"}"#))
        #expect(
            values == [
                "darktrace_devices{unknown}": 2, "darktrace_devices{laptop}": 31, "darktrace_devices{desktop}": 40,
                "darktrace_devices{server}": 12,
            ])
    }

    @Test func `statistics of 7 have every type, accounts by platform, and tactics of their own request`() throws {
        let types = [
            "unknown", "laptop", "mobile", "tablet", "desktop", "server", "router", "keyasset", "dnsserver",
            "proxyserver", "logserver", "tv", "camera", "fileserver", "ipphone", "iot",
        ]
        let counts = types.enumerated().map { #""\#($1)":\#($0)"# }.joined(separator: ",")
        let body = """
            {"usercredentialcount":18,"subnets":12,"patterns":90211,"bandwidth":[],"antigenaDevices":3,
             "antigenaActions":9,"devicecount":{\(counts),"saas":{"Office365":60,"Zoom":4,"total":64},
             "licenseIPCount":120,"licenseCloudIPCount":0,"totalClient":70,"totalServer":17,"totalOther":2,"total":120}}
            """
        let tactics = """
            {"mitreTactics":[{"tactic":"lateral-movement","name":"Lateral Movement","totalCount":8,"scoreCount":3,
             "modelEstimate":11,"modelCount":14}],"modelCount":210,"startTime":1757580000000,"totalCount":8}
            """
        var expected = Dictionary(
            uniqueKeysWithValues: types.enumerated().map { ("darktrace_devices{\($1)}", Double($0)) })
        expected["darktrace_saas_accounts{Office365}"] = 60
        expected["darktrace_saas_accounts{Zoom}"] = 4
        expected["darktrace_mitre_tactic_model_breaches{lateral-movement}"] = 8
        #expect(try values(.statistics, body, tactics: Script.Answer(body: tactics)) == expected)
    }

    /// `groupScore` as number, as text, and null; the last without a category, as old versions have it.
    private static let scores = [("61.5", #""critical""#), (#""61.5""#, #""suspicious""#), ("null", "null")]

    @Test func `incident events count whatever their groupScore is`() throws {
        let events = Self.scores.enumerated().map { index, event in
            """
            {"id":"04a3f36e-4u8w-v9dh-x6lb-89477800\(index)","summariser":"AdminConnSummary","title":"Unusual SSH",
             "acknowledged":false,"pinned":false,"createdAt":\(Self.now - 600_000),"attackPhases":[5],
             "mitreTactics":["lateral-movement"],"children":["04a3f36e"],"category":\(event.1),
             "currentGroup":"g04a3f36e","groupCategory":\(event.1),"groupScore":\(event.0),"groupPreviousGroups":[],
             "activityId":"da39a3ee","groupingIds":["268d2b8c"],"groupByActivity":false,"userTriggered":false,
             "externalTriggered":false,"aiaScore":98.2,"summary":"A device made SSH connections.",
             "periods":[{"start":\(Self.now - 4_000_000),"end":\(Self.now - 700_000)}],"sender":null,
             "breachDevices":[{"identifier":"pc","hostname":"pc","ip":"10.0.0.9","mac":null,"subnet":null,"did":9,
                               "sid":4}],
             "relatedBreaches":[{"modelName":"Unusual Activity / Unusual SSH","pbid":7,"threatScore":37,
                                 "timestamp":\(Self.now - 700_000)}],"details":[]}
            """
        }
        let name = "darktrace_aianalyst_incident_events_total"
        #expect(
            try values(.incidentEvents, "[\(events.joined(separator: ","))]") == [
                "\(name){critical}": 1, "\(name){suspicious}": 1, "\(name){compliance}": 0, "\(name){unknown}": 1,
            ])
    }

    @Test func `incidents have a score where it is a number or a text, and none where it is null`() throws {
        let groups = Self.scores.enumerated().map { index, group in
            """
            {"id":"g04a3f36e-\(index)","active":true,"acknowledged":false,"pinned":true,"userTriggered":false,
             "externalTriggered":false,"previousIds":[],"incidentEvents":[{"uuid":"04a3f36e","start":1759990000000,
             "title":"Unusual SSH","triggerDid":9,"visible":true}],"mitreTactics":["lateral-movement"],"devices":[9],
             "initialDevices":[9],"category":\(group.1),"groupScore":\(group.0),"start":1759990000000,
             "end":1759999000000,"edges":[]}
            """
        }
        let values = try values(.incidents, "[\(groups.joined(separator: ","))]")
        let score = "darktrace_aianalyst_incident_highest_score"
        #expect(values["\(score){critical}"] == 0.615)
        #expect(values["\(score){suspicious}"] == 0.615)
        #expect(values["\(score){unknown}"] == nil)
        #expect(values["darktrace_aianalyst_incidents{unknown,open}"] == 1)
    }
}
