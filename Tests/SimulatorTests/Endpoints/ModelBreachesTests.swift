import Foundation
import Testing

@testable import Simulator

@Suite struct ModelBreachesTests {
    private let stage = SimulatorFixture()

    private func ids(_ list: [[String: Any]]) -> [Int64] { list.compactMap { $0["pbid"] as? Int64 } }

    private func breaches(_ keep: (Breach) -> Bool = { _ in true }) -> [Breach] {
        let population = stage.appliance.population
        return (Arrivals.bucket(at: population.epoch)...Arrivals.bucket(at: SimulatorFixture.now))
            .flatMap { population.breaches(inBucket: $0) }.filter { $0.listed <= SimulatorFixture.now && keep($0) }
    }

    /// The creation time in the record.
    private func creation(_ breach: Breach) -> Int64 { breach.shownCreation(stage.appliance.skew) }

    private func expect(_ target: String, _ keep: (Breach) -> Bool, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let wanted = Set(breaches(keep).map(\.id))
        #expect(Set(ids(try stage.list(target))) == wanted, sourceLocation: sourceLocation)
        #expect(!wanted.isEmpty, sourceLocation: sourceLocation)
    }

    @Test func `a window of creation holds what was created in it, both ends included`() throws {
        let all = breaches { !$0.isSuppressed }
        let (first, last) = (creation(all[100]), creation(all[200]))
        let window = "/modelbreaches?creationtime=true&includeacknowledged=true"
        try expect("\(window)&starttime=\(first)&endtime=\(last)") {
            !$0.isSuppressed && (first...last).contains(creation($0))
        }
        try stage.set("exclusive-end")
        try expect("\(window)&starttime=\(first)&endtime=\(last)") {
            !$0.isSuppressed && (first..<last).contains(creation($0))
        }
    }

    @Test(arguments: ["", "&creationtime=false"]) func `a window is of activity unless creation is asked for`(
        _ more: String
    ) throws {
        let (start, end) = (
            SimulatorFixture.now - 3 * SimulatorFixture.day, SimulatorFixture.now - 2 * SimulatorFixture.day
        )
        try expect("/modelbreaches?endtime=\(end)&includeacknowledged=true&starttime=\(start)\(more)") {
            !$0.isSuppressed && (start...end).contains($0.activity)
        }
    }

    @Test(arguments: [
        "from=2026-01-13+00%3A00%3A00&to=2026-01-14%2012:30:00",
        "from=2026-01-13T00:00:00.00Z&to=2026-01-14T12:30:00.00Z",
    ])
    func `from and to are a window as text`(_ times: String) throws {
        let window: ClosedRange<Int64> = 1_768_262_400_000...1_768_393_800_000
        try expect("/modelbreaches?\(times)&includeacknowledged=true") {
            !$0.isSuppressed && window.contains($0.activity)
        }
    }

    @Test func `only a start means until now, no time at all means everything`() throws {
        let start = SimulatorFixture.now - SimulatorFixture.day
        try expect("/modelbreaches?includeacknowledged=true&starttime=\(start)") {
            !$0.isSuppressed && (start...SimulatorFixture.now).contains($0.activity)
        }
        try expect("/modelbreaches?includeacknowledged=true") {
            !$0.isSuppressed && $0.activity <= SimulatorFixture.now
        }
    }

    @Test func `no answer reaches back more than a year`() throws {
        let old = SimulatorFixture(rate: 5, historyDays: 500)
        let list = try old.list(old.everything("&creationtime=true"))
        let oldest = try #require(list.compactMap { $0["creationTime"] as? Int64 }.min())
        #expect(oldest >= SimulatorFixture.now - 366 * SimulatorFixture.day)
        #expect(oldest < SimulatorFixture.now - 355 * SimulatorFixture.day)
    }

    @Test func `acknowledged ones are left out unless asked for, and say by whom`() throws {
        let times = "endtime=\(SimulatorFixture.now)&starttime=0&creationtime=true"
        let isAcknowledged = { (breach: Breach) in
            (breach.acknowledged ?? .max) <= SimulatorFixture.now && (breach.reopened ?? .max) > SimulatorFixture.now
        }
        try expect("/modelbreaches?\(times)") { !$0.isSuppressed && !isAcknowledged($0) }
        try expect("/modelbreaches?\(times)&includeacknowledged=false") { !$0.isSuppressed && !isAcknowledged($0) }
        let all = try stage.list("/modelbreaches?\(times)&includeacknowledged=true")
        let said = all.filter { ($0["acknowledged"] as? [String: Any])?["username"] as? String == "analyst" }
        #expect(Set(ids(said)) == Set(breaches { !$0.isSuppressed && isAcknowledged($0) }.map(\.id)))
    }

    @Test func `what is acknowledged changes over time`() throws {
        let before = try stage.list("/modelbreaches?endtime=\(SimulatorFixture.now)&starttime=0&creationtime=true")
            .count
        stage.time.pass(seconds: 4 * 86_400)
        let after = try stage.list("/modelbreaches?endtime=\(SimulatorFixture.now)&starttime=0&creationtime=true").count
        #expect(after < before - 20)
    }

    @Test func `some are acknowledged by people at work, and opened again`() throws {
        let acknowledged = breaches { _ in true }.compactMap(\.acknowledged)
        let hours = acknowledged.map { $0 / 3_600_000 % 24 }
        #expect(acknowledged.count > 300 && hours.allSatisfy { (8..<18).contains($0) })
        let reopened = breaches { ($0.reopened ?? .max) <= SimulatorFixture.now && !$0.isSuppressed }
        #expect(!reopened.isEmpty)
        let open = try stage.list("/modelbreaches?endtime=\(SimulatorFixture.now)&starttime=0&creationtime=true")
        #expect(Set(reopened.map(\.id)).isSubset(of: ids(open)))
    }

    @Test func `suppressed ones are listed only on request`() throws {
        try expect(stage.everything("&creationtime=true&includesuppressed=true")) { _ in true }
        try expect(stage.everything("&creationtime=true&includesuppressed=false")) { !$0.isSuppressed }
    }

    @Test func `lists can be narrowed by score, model, device and service`() throws {
        let sample = try #require(breaches { !$0.isSuppressed && $0.device.id > 0 && $0.device.id < 500 }.first)
        let of = { (more: String) in stage.everything("&creationtime=true&includesuppressed=true&\(more)") }
        try expect(of("minscore=0.6")) { $0.score >= 600 }
        try expect(of("minscore=0.953")) { $0.score >= 953 }
        try expect(of("pid=\(sample.model.pid)")) { $0.name == sample.name }
        try expect(of("uuid=\(sample.model.uuid)")) { $0.name == sample.name }
        try expect(of("did=\(sample.device.id)")) { $0.device.id == sample.device.id }
        try expect(of("did=-1")) { $0.device.id == -1 }
        try expect(of("saasonly=true")) { $0.device.form != .system && $0.device.form != .network }
        try expect(of("saasfilter=SaaS::Off*&saasfilter=zoom")) {
            [.saas(platform: "Office365"), .saas(platform: "Zoom")].contains($0.device.form)
        }
        #expect(try stage.list(of("uuid=nothing")).isEmpty)
    }

    @Test func `one breach by its id is an object and no list`() throws {
        let breach = try #require(breaches { $0.isSuppressed }.first)
        for target in ["/modelbreaches?pbid=\(breach.id)", "/modelbreaches/\(breach.id)"] {
            let object = try #require(try stage.answer(target).json as? [String: Any])
            #expect(object["pbid"] as? Int64 == breach.id)
            #expect(object["creationTime"] as? Int64 == creation(breach))
        }
        #expect(try stage.answer("/modelbreaches?pbid=5").status == 404)
        #expect(try stage.answer("/modelbreaches/x").text == "{\n  \"modelbreaches\": \"INPUT ERROR\"\n}")
    }

    @Test(arguments: [
        "minimal=1", "minimal=True", "minimal=", "creationtime=yes", "includeacknowledged=TRUE", "starttime=x",
        "starttime=-5", "endtime=1.5", "starttime=99999999999999999999", "starttime=10&endtime=5", "from=yesterday",
        "from=20260113T000000", "minscore=2", "minscore=-0.1", "minscore=x", "pbid=x", "pid=x", "did=x", "group=model",
        "saasonly=1", "historicmodelonly=0", "deviceattop=x", "expandenums=x", "includebreachurl=x",
    ])
    func `a bad value is an input error`(_ query: String) throws {
        let answer = try stage.answer("/modelbreaches?\(query)")
        #expect(answer.status == 400)
        #expect(answer.text == "{\n  \"modelbreaches\": \"INPUT ERROR\"\n}")
    }

    @Test func `unknown parameters are ignored`() throws {
        let count = try stage.list(stage.everything()).count
        #expect(try stage.list(stage.everything("&count=1&includeallpinned=x&%zz=1&&=")).count == count)
    }

    @Test func `both orders hold the same breaches`() throws {
        for more in ["&creationtime=true", ""] {
            let ascending = try stage.list(stage.everything(more))
            let key = more.isEmpty ? "time" : "creationTime"
            let times = ascending.compactMap { $0[key] as? Int64 }
            #expect(times == times.sorted())
            #expect(times.count > 1_000)
            try stage.set("descending")
            #expect(ids(try stage.list(stage.everything(more))) == ids(ascending).reversed())
            stage.appliance.clear(.descending, at: .at(SimulatorFixture.now))
        }
    }

    @Test func `grouped by device the order is that of devices and the scores change places`() throws {
        let plain = try stage.list(stage.everything("&minimal=true"))
        let grouped = try stage.list(stage.everything("&minimal=true&group=device"))
        #expect(Set(ids(grouped)) == Set(ids(plain)))
        let devices = grouped.compactMap { ($0["device"] as? [String: Any])?["did"] as? Int }
        #expect(devices == devices.sorted())
        let scores = Dictionary(uniqueKeysWithValues: zip(ids(plain), plain.compactMap { $0["score"] as? Double }))
        for object in grouped {
            #expect(object["pbscore"] as? Double == scores[object["pbid"] as? Int64 ?? 0])
            #expect(object["score"] as? Double == object["devicescore"] as? Double)
        }
    }
}
