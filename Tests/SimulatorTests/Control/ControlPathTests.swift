import Foundation
import HTTPServer
import TestSupport
import Testing

@testable import Simulator

@Suite(.serialized) struct ControlPathTests {
    @Test func `a frozen world is counted alike by the oracle and over TLS`() async throws {
        let stage = try LiveSimulatorFixture(["--history=3d", "--rate=500"])
        defer { stage.end() }
        try await stage.control("/-/pause")
        try await stage.control("/-/burst?appliance=hq&model=Never%20Seen&count=8&priority=5&score=0.7")
        let now = stage.simulation.appliances[0].shownTime
        for (index, name) in ["hq", "branch"].enumerated() {
            let outcome = try await stage.get(
                "/modelbreaches?creationtime=true&endtime=\(now)&includeacknowledged=true&minimal=true&starttime=0",
                appliance: index)
            let list = try #require(JSONSerialization.jsonObject(with: Data(outcome.body)) as? [[String: Any]])
            let oracle = try await stage.controlJSON("/-/oracle?appliance=\(name)&from=0&to=\(now)")
            #expect(list.count > 1_000)
            #expect(oracle["total"] as? Int == list.count)
            let scores = try #require(oracle["scores"] as? [String: Any])
            let critical = try #require((scores["critical"] as? [String: Any])?["cumulative"] as? [String: Int])
            let listed = list.filter {
                let then = ($0["model"] as? [String: Any])?["then"] as? [String: Any]
                return then?["category"] as? String == "Critical" && then?["compliance"] as? Bool == false
            }
            #expect(critical["+Inf"] == listed.count)
            #expect(critical["0.7"] == listed.count { ($0["score"] as? Double ?? 1) <= 0.7 })
            #expect(critical["1.0"] == listed.count)
            let models = try #require(oracle["models"] as? [[String: Any]])
            let raised = models.first { $0["model"] as? String == "Never Seen" }
            #expect(raised?["count"] as? Int == (name == "hq" ? 8 : nil))
            #expect(models.compactMap { $0["count"] as? Int }.reduce(0, +) == list.count)
        }
    }

    @Test func `the help lists every family of the oracle, and each is answered`() async throws {
        let stage = try LiveSimulatorFixture(["--history=3d"])
        defer { stage.end() }
        let line = try #require(Help.control.split(separator: "/-/oracle?appliance=NAME&family=").last)
        for family in FeedOracle.Family.allCases {
            #expect(line.prefix { $0 != "/" }.contains(family.rawValue))
            let truth = try await stage.controlJSON("/-/oracle?appliance=hq&family=\(family.rawValue)")
            #expect(!truth.isEmpty, "\(family.rawValue)")
        }
    }

    @Test func `the clock is skewed, stepped, sped up and advanced, and Date follows`() async throws {
        let stage = try LiveSimulatorFixture(["--history=1d", "--clock.start=2026-01-15 09:30:00", "--clock.speed=0"])
        defer { stage.end() }
        #expect(try await stage.get("/time").header("Date") == "Thu, 15 Jan 2026 09:30:00 GMT")
        try await stage.control("/-/clock?appliance=hq&skew=61")
        #expect(try await stage.get("/time").header("Date") == "Thu, 15 Jan 2026 09:31:01 GMT")
        #expect(try await stage.get("/time", appliance: 1).header("Date") == "Thu, 15 Jan 2026 09:30:00 GMT")
        try await stage.control("/-/clock?step=-3600")
        #expect(try await stage.get("/time").header("Date") == "Thu, 15 Jan 2026 08:31:01 GMT")
        try await stage.control("/-/clock?advance=86400")
        #expect(try await stage.get("/time", appliance: 1).header("Date") == "Fri, 16 Jan 2026 08:30:00 GMT")
        let set = try await stage.controlJSON("/-/clock?speed=100000")
        #expect(set["speed"] as? Double == 100_000)
        let before = stage.simulation.world.now
        while stage.simulation.world.now < before + 1_000_000 { await Task.yield() }
        #expect(try await stage.controlJSON("/-/appliances").count == 2)
    }

    @Test func `requests are remembered without their headers`() async throws {
        let stage = try LiveSimulatorFixture(["--history=1d"])
        defer { stage.end() }
        _ = try await stage.get("/time")
        _ = try await stage.get("/status?fast=true", privateToken: "wrong")
        let log = try #require(try await stage.controlJSON("/-/requests?appliance=hq")["hq"] as? [String: Any])
        #expect(log["count"] as? Int == 2)
        #expect(log["outcomes"] as? [String: Int] == ["answered": 1, "signature": 1])
        let latest = try #require(log["latest"] as? [[String: Any]])
        #expect(latest.map { $0["target"] as? String } == ["/time", "/status?fast=true"])
        #expect(latest.map { $0["status"] as? Int } == [200, 400])
        #expect((latest[0]["userAgent"] as? String)?.hasPrefix("curl/") == true)
        let whole = try await stage.control("/-/requests").text
        #expect(!whole.contains("2222222222") && !whole.contains("1111111111"))
    }

    @Test func `faults are listed with what they do and where they are on`() async throws {
        let stage = try LiveSimulatorFixture(["--history=1d", "--fault=branch:slow=5"])
        defer { stage.end() }
        let text = try await stage.control("/-/faults").body
        let list = try #require(JSONSerialization.jsonObject(with: Data(text)) as? [[String: Any]])
        #expect(list.count == Fault.allCases.count)
        let slow = try #require(list.first { $0["fault"] as? String == "slow" })
        let on = try #require(slow["on"] as? [String: [String: Any]])
        #expect(Array(on.keys) == ["branch"] && on["branch"]?["value"] as? String == "5")
    }

    @Test(arguments: [
        ("/-/nothing", 400, "there is no /-/nothing\n"), ("/-/oracle", 400, "appliance= is missing; name one\n"),
        ("/-/oracle?appliance=x", 400, "there is no appliance x; there is hq, branch\n"),
        ("/-/oracle?appliance=hq&from=2&to=1", 400, "from is after to\n"),
        ("/-/oracle?appliance=hq&all=1", 400, "all must be true or false\n"),
        ("/-/burst?count=1000000&spread=31622401", 400, "spread must be from 0 to 31622400\n"),
        ("/-/burst?count=1000000&spread=999999999999", 400, "spread must be at most ten years\n"),
        ("/-/clock?speed=-1", 400, "speed must be from 0 to 1000000\n"), ("/-/healthy", 200, "Healthy\n"),
    ])
    func `the control path says what is wrong`(_ target: String, _ status: Int, _ text: String) async throws {
        let stage = try LiveSimulatorFixture(["--history=1d"])
        defer { stage.end() }
        let outcome = try await stage.control(target)
        #expect(outcome.status == status)
        #expect(outcome.text == text)
    }

    @Test func `only this machine has access`() {
        let path = ControlPath(appliances: [], world: SimulatedClock(startingAt: 0, speed: 1))
        #expect(path.response(to: Request(target: "/-/healthy", isLoopbackPeer: false)).status == 403)
        #expect(path.response(to: Request(target: "/-/healthy")).status == 200)
    }

    @Test(arguments: ["0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0"]) func `the control path stays on loopback`(
        _ address: String
    ) {
        let error = #expect(throws: StartError.self) {
            try LiveSimulatorFixture(["--control.listen-address=\(address)"])
        }
        #expect(error?.description.hasPrefix("--control.listen-address must be a loopback address") == true)
    }

    @Test func `what was changed holds again after a restart`() async throws {
        let directory = try TemporaryDirectory()
        let journal = directory.path("journal")
        let arguments = ["--history=2d", "--rate=2000", "--journal=\(journal)"]
        let first = try LiveSimulatorFixture(arguments)
        for command in [
            "pause", "burst?appliance=hq&model=Never%20Seen&count=5", "faults?set=no-category&set=padding=9",
            "clock?appliance=hq&step=30",
        ] {
            #expect(try await first.control("/-/\(command)").status == 200)
        }
        let target = "/modelbreaches?includesuppressed=true&includeacknowledged=true&minimal=true&responsedata=pbid"
        let before = try await first.get(target).body
        first.end()
        let second = try LiveSimulatorFixture(arguments)
        defer { second.end() }
        #expect(try await second.get(target).body == before)
        let summary = try #require(try await second.controlJSON("/-/appliances")["hq"] as? [String: Any])
        #expect(summary["paused"] as? Bool == true)
        #expect(summary["faults"] as? [String: String] == ["no-category": "", "padding": "9"])
        let skew = try #require(summary["now"] as? Int64) - #require(summary["worldNow"] as? Int64)
        #expect(skew == 30_000)
    }
}
