import Testing

@testable import Simulator

@Suite struct InterventionTests {
    private let stage = SimulatorFixture(rate: 1_000, historyDays: 2)

    private func listed(_ stage: SimulatorFixture) throws -> [(id: Int64, name: String, creation: Int64)] {
        try stage.list(
            stage.everything("&creationtime=true&includesuppressed=true&historicmodelonly=true&minimal=true")
        )
        .map {
            (
                try #require($0["pbid"] as? Int64), try #require(($0["model"] as? [String: Any])?["name"] as? String),
                try #require($0["creationTime"] as? Int64)
            )
        }
    }

    @Test func `a burst is listed at once, changes nothing of before and takes the next ids`() throws {
        let before = try listed(stage)
        _ = try stage.command("/-/burst", "model=Never%20Seen&count=8&priority=5")
        let after = try listed(stage)
        #expect(after.count == before.count + 8)
        #expect(after.prefix(before.count).map(\.id) == before.map(\.id))
        #expect(after.suffix(8).allSatisfy { $0.name == "Never Seen" && $0.creation == stage.world.now })
        #expect(after.suffix(8).map(\.id) == (1...8).map { before[before.count - 1].id + $0 })
        stage.time.pass(seconds: 3_600)
        let later = try listed(stage)
        #expect(later.count > after.count)
        #expect(later.prefix(after.count).map(\.id) == after.map(\.id))
        #expect(zip(later, later.dropFirst()).allSatisfy { $0.id + 1 == $1.id && $0.creation <= $1.creation })
    }

    @Test func `a burst can be spread over the seconds that follow`() throws {
        let before = try listed(stage).count
        _ = try stage.command("/-/pause")
        _ = try stage.command("/-/burst", "count=10&spread=100")
        stage.time.pass(seconds: 49)
        #expect(try listed(stage).count == before + 5)
        stage.time.pass(seconds: 60)
        #expect(try listed(stage).count == before + 10)
    }

    @Test func `a paused population creates nothing and what was skipped never comes`() throws {
        _ = try stage.command("/-/pause")
        let before = try listed(stage)
        stage.time.pass(seconds: 7_200)
        #expect(try listed(stage).map(\.id) == before.map(\.id))
        _ = try stage.command("/-/resume")
        #expect(try listed(stage).map(\.id) == before.map(\.id))
        let resumed = stage.world.now
        stage.time.pass(seconds: 7_200)
        let after = try listed(stage)
        #expect(after.count > before.count + 30)
        #expect(after.dropFirst(before.count).allSatisfy { $0.creation > resumed })
    }

    @Test func `a burst during a pause is listed`() throws {
        _ = try stage.command("/-/pause")
        let before = try listed(stage).count
        stage.time.pass(seconds: 10)
        _ = try stage.command("/-/burst", "count=3")
        #expect(try listed(stage).count == before + 3)
    }

    @Test(arguments: [
        ("count=0", "count must be from 1 to 1000000"), ("count=x", "count cannot be x; give a number"),
        ("model=New&priority=9", "priority must be from 0 to 5"),
        (
            "model=New&category=bad",
            "category cannot be bad; give one of critical, suspicious, informational, compliance"
        ),
        ("appliance=nowhere", "there is no appliance nowhere; there is hq"),
    ])
    func `a burst that cannot be is refused in a sentence`(_ query: String, _ sentence: String) throws {
        let error = #expect(throws: ControlCommandError.self) { try stage.command("/-/burst", query) }
        #expect(error?.description == sentence)
    }

    @Test func `a restart with the same epoch lists the same history`() throws {
        let first = try listed(stage)
        let later = SimulatorFixture(rate: 1_000, historyDays: 2, startingAt: SimulatorFixture.now + 90_000_000)
        let again = try listed(later)
        #expect(again.prefix(first.count).map(\.id) == first.map(\.id))
        #expect(again.prefix(first.count).map(\.name) == first.map(\.name))
        #expect(again.count > first.count + 500)
    }
}
