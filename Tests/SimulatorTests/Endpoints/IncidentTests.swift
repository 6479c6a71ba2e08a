import Foundation
import Testing

@testable import Simulator

/// AI Analyst: incidents that grow, merge and are acknowledged, and their events.
@Suite struct IncidentTests {
    private let stage = SimulatorFixture()
    private static let hour: Int64 = 3_600_000

    private func window(_ days: Int64) -> String {
        let now = stage.appliance.shownTime
        return "endtime=\(now)&starttime=\(now - days * SimulatorFixture.day)"
    }

    private func groups(_ more: String = "&includeacknowledged=true") throws -> [[String: Any]] {
        try stage.list("/aianalyst/groups?\(window(7))\(more)")
    }

    private func oracle(_ family: FeedOracle.Family, days: Int64 = 7) throws -> [String: [String: Any]] {
        let now = stage.appliance.shownTime
        let oracle = FeedOracle(appliance: stage.appliance, window: now - days * SimulatorFixture.day...now)
        return try #require(
            try JSONSerialization.jsonObject(with: Data(oracle.json(family).bytes)) as? [String: [String: Any]])
    }

    @Test func `the incidents are those of the oracle, at any time`() throws {
        for _ in 0..<12 {
            let truth = try oracle(.incidents)
            let groups = try groups()
            for (category, expected) in truth {
                let ofCategory = groups.filter { $0["category"] as? String == category }
                let open = ofCategory.filter { $0["acknowledged"] as? Bool == false }
                #expect(open.count == expected["open"] as? Int)
                #expect(ofCategory.count - open.count == expected["acknowledged"] as? Int)
                #expect(open.compactMap { $0["groupScore"] as? Double }.max() == expected["highestScore"] as? Double)
                #expect(open.compactMap { $0["start"] as? Int64 }.min() == expected["oldest"] as? Int64)
            }
            #expect(Set(groups.compactMap { $0["category"] as? String }).isSubset(of: truth.keys))
            stage.world.advance(milliseconds: 7 * Self.hour)
        }
    }

    @Test func `without includeacknowledged only the open ones are listed`() throws {
        let (all, open) = (try groups(), try groups(""))
        #expect(open.count < all.count && !open.isEmpty)
        #expect(open.allSatisfy { $0["acknowledged"] as? Bool == false })
    }

    @Test func `incidents grow, merge, are acknowledged and opened again`() throws {
        var (last, grown, merged, reopened) = ([String: (count: Int, isDone: Bool)](), 0, 0, 0)
        for _ in 0..<150 {
            for group in try groups() {
                let id = try #require(group["id"] as? String)
                let count = try #require(group["incidentEvents"] as? [Any]).count
                let isDone = try #require(group["acknowledged"] as? Bool)
                if let known = last[id] {
                    #expect(count >= known.count)
                    grown += count > known.count ? 1 : 0
                    reopened += known.isDone && !isDone ? 1 : 0
                }
                merged += try #require(group["previousIds"] as? [Any]).isEmpty ? 0 : 1
                last[id] = (count, isDone)
            }
            stage.world.advance(milliseconds: Self.hour)
        }
        #expect(grown > 10 && merged > 0 && reopened > 0)
    }

    @Test func `each event has one id and one category for ever, and counts as the oracle says`() throws {
        var categories: [String: String] = [:]
        for _ in 0..<30 {
            for event in try stage.list("/aianalyst/incidentevents?\(window(9))&includeacknowledged=true") {
                let id = try #require(event["id"] as? String)
                let category = try #require(event["category"] as? String)
                #expect(categories.updateValue(category, forKey: id) ?? category == category)
            }
            stage.world.advance(milliseconds: 4 * Self.hour)
        }
        let list = try stage.list("/aianalyst/incidentevents?\(window(9))&includeacknowledged=true")
        let now = stage.appliance.shownTime
        let json = FeedOracle(appliance: stage.appliance, window: now - 9 * SimulatorFixture.day...now)
            .json(.incidentEvents)
        let truth = try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Int])
        for (category, count) in truth { #expect(list.count { $0["category"] as? String == category } == count) }
        #expect(truth.values.reduce(0, +) == list.count && list.count > 50)
    }

    @Test func `old versions have neither categories nor groups`() throws {
        try stage.set("old-incidents")
        #expect(try groups().allSatisfy { $0["category"] is NSNull })
        let events = try stage.list("/aianalyst/incidentevents?\(window(7))")
        #expect(!events.isEmpty)
        for key in ["category", "currentGroup", "groupPreviousGroups", "attackPhases"] {
            #expect(events.allSatisfy { $0[key] is NSNull })
        }
    }

    @Test func `at a young site nothing is acknowledged, and nothing is acted on`() throws {
        try stage.set("young-site")
        #expect(try groups().allSatisfy { $0["acknowledged"] as? Bool == false })
        #expect(try stage.list("/antigena?includecleared=true").isEmpty)
        let status = try #require(try stage.answer("/status").json as? [String: Any])
        #expect(status["antigenaNetworkEnabled"] as? Bool == true && status["antigenaNetworkRunning"] as? Bool == false)
        stage.world.advance(milliseconds: 5 * SimulatorFixture.day)
        let created = "&creationtime=true&starttime=\(SimulatorFixture.now + 1)&endtime=\(stage.appliance.shownTime)"
        let breaches = try stage.list("/modelbreaches?minimal=true&includeacknowledged=true\(created)")
        #expect(breaches.count > 500)
        #expect(breaches.allSatisfy { !($0["acknowledged"] is [String: Any]) })
    }
}
