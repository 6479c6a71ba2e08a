import Foundation
import HTTPServer
import Testing

@testable import Simulator

@Suite struct OtherEndpointTests {
    private let stage = SimulatorFixture()

    private func object(_ target: String) throws -> [String: Any] {
        try #require(try stage.answer(target).json as? [String: Any])
    }

    @Test func `/time returns the appliance's time`() throws {
        _ = try stage.command("/-/clock", "skew=90")
        let time = try object("/time")
        #expect(time["time"] as? String == "2026-01-15 09:31:30")
        #expect(time["timems"] as? Int64 == SimulatorFixture.now + 90_000)
        #expect(time["version"] is String && time["uptime"] as? String == "240:00:00")
    }

    @Test func `/status is one flat object of the real size`() throws {
        let status = try object("/status")
        #expect((5_000...15_000).contains(try stage.answer("/status").bytes.count))
        for key in [
            "hostname", "version", "time", "license", "licenseCounts", "cpu", "memoryUsed", "dataQueue",
            "bandwidthCurrent", "networkInterfacesState_eth0", "activeDevices7Days", "mostRecentDNSTraffic",
            "subnetData",
            "probes", "connectionsPerMinuteCurrent", "antigenaNetworkBlockedConnections", "modelsBreached",
        ] {
            #expect(status[key] != nil, "\(key)")
        }
        #expect(status["time"] as? String == "2026-01-15 09:30:00")
        #expect(status["type"] as? String == "master")
    }

    @Test func `/status leaves probes out on request, and gives one field on request`() throws {
        #expect(try object("/status?includechildren=false")["probes"] == nil)
        #expect(try object("/status?responsedata=cpu").count == 1)
        #expect(try object("/status?responsedata=nothing").isEmpty)
        #expect(try stage.answer("/status?fast=maybe").text == "{\n  \"status\": \"INPUT ERROR\"\n}")
    }

    @Test func `incident events are ordered by score and bound by their window`() throws {
        let list = try stage.list("/aianalyst/incidentevents")
        let scores = try list.map { try #require($0["groupScore"] as? Double) }
        #expect(scores.count >= 18)
        #expect(scores == scores.sorted(by: >))
        let start = SimulatorFixture.now - SimulatorFixture.day
        let day = try stage.list("/aianalyst/incidentevents?starttime=\(start)&endtime=\(SimulatorFixture.now)")
        #expect(!day.isEmpty && day.count < list.count)
        #expect(day.allSatisfy { (start...SimulatorFixture.now).contains($0["createdAt"] as? Int64 ?? 0) })
        #expect(try stage.answer("/aianalyst/incidentevents?starttime=x").status == 400)
    }

    @Test(arguments: ["/antigena", "/aianalyst/incidentevents", "/aianalyst/groups"])
    func `a window before the history, in the future or without an end lists nothing or all`(path: String) throws {
        let all = try stage.list("\(path)?starttime=0&endtime=\(SimulatorFixture.now)").count
        let future = SimulatorFixture.now + SimulatorFixture.day
        for (start, end, count) in [
            (0, 1, 0), (future, 253_402_300_799_999, 0), (0, 253_402_300_799_999, all),
        ] {
            let list = try stage.list("\(path)?starttime=\(start)&endtime=\(end)")
            #expect(list.count == count, "from \(start) to \(end)")
        }
    }

    @Test(arguments: [
        "/summarystatistics", "/summarystatistics?mitreTactics=true", "/antigena/summary", "/aianalyst/groups",
        "/aianalyst/stats", "/devices", "/devicesearch", "/subnets", "/models?responsedata=name", "/tags",
        "/components",
        "/enums", "/metrics", "/mbcomments", "/intelfeed", "/modelbreaches/1001/comments",
    ])
    func `endpoints of other clients return JSON`(_ target: String) throws {
        let answer = try stage.answer(target)
        #expect(answer.status == 200 && answer.header("Content-Type") == Reply.jsonType)
        _ = try answer.json
    }

    @Test func `/cves and /filtertypes return lists on request`() throws {
        #expect(try stage.answer("/cves").status == 500)
        #expect(try stage.answer("/filtertypes").status == 302)
        try stage.set("cves-list")
        try stage.set("filtertypes-list")
        #expect(try stage.answer("/cves").text == "[]")
        #expect(try stage.answer("/filtertypes").status == 200)
    }

    @Test func `/login is a page and no redirect to itself`() throws {
        let page = stage.appliance.response(to: Request(target: "/login"), isKnownToken: false)
        #expect(Answer(page).status == 200)
        #expect(Answer(page).text.contains("<form"))
    }

    @Test(arguments: ["/", "/nothing", "/Status", "/status/", "//status"])
    func `unknown paths need a login`(_ path: String) throws {
        #expect(try stage.answer(path).status == 302)
    }

    @Test func `unknown changes need a login`() throws {
        #expect(try stage.answer("/status", method: "POST").status == 302)
        #expect(try stage.answer("/status", method: "HEAD").status == 200)
    }
}
