import Testing

@testable import Simulator

/// Faults that change which records there are.
@Suite struct RecordShapeTests {
    private let stage = SimulatorFixture(rate: 1_500, historyDays: 2)

    /// What is made in the hours after a fault was set, and the ids of before.
    private func made(with faults: String...) throws -> (before: [Int64], after: [[String: Any]]) {
        let list = {
            try stage.list(
                stage.everything("&creationtime=true&includesuppressed=true&historicmodelonly=true&minimal=true"))
        }
        let before = try list().compactMap { $0["pbid"] as? Int64 }
        for fault in faults { try stage.set(fault) }
        #expect(try list().compactMap { $0["pbid"] as? Int64 } == before)
        stage.time.pass(seconds: 6 * 3_600)
        let after = try list()
        #expect(after.prefix(before.count).compactMap { $0["pbid"] as? Int64 } == before)
        return (before, Array(after.dropFirst(before.count)))
    }

    private func ids(_ list: [[String: Any]]) -> [Int64] { list.compactMap { $0["pbid"] as? Int64 } }

    private func delays(_ list: [[String: Any]]) -> [Int64] {
        list.compactMap { object in
            guard let made = object["creationTime"] as? Int64, let time = object["time"] as? Int64 else { return nil }
            return made - time
        }
    }

    @Test func `ids have thirteen digits`() throws {
        let made = try made(with: "ids=long")
        #expect(ids(made.after).allSatisfy { String($0).utf8.count == 13 })
        #expect(ids(made.after) == ids(made.after).sorted() && made.after.count > 200)
    }

    @Test func `ids of a Unified View name its masters, and the oracle counts by them`() throws {
        let made = try made(with: "ids=view")
        let masters = Set(made.after.compactMap { ($0["pbid"] as? Int64).map { $0 / 1_000_000_000_000 } })
        #expect(masters == [1, 2])
        #expect(ids(made.after).allSatisfy { String($0).utf8.count == 13 })
        let oracle = Oracle(stage.appliance, Oracle.Query(includesSuppressed: true, listsIDs: true))
        #expect(oracle.ids == made.before + ids(made.after))
        for master in [Int64(1), 2] {
            let count = ids(made.after).count { $0 / 1_000_000_000_000 == master }
            #expect(oracle.masters[master]?.values.reduce(0, +) == count && count > 60)
        }
        #expect(oracle.masters[0]?.values.reduce(0, +) == made.before.count)
    }

    @Test func `ids are negative and still grow`() throws {
        let made = try made(with: "ids=negative")
        #expect(ids(made.after).allSatisfy { $0 < 0 && String($0).utf8.count == 14 })
        #expect(ids(made.after) == ids(made.after).sorted())
    }

    @Test func `ids restart after a reset, and continue through other faults`() throws {
        let made = try made(with: "ids=reset", "no-category")
        #expect(ids(made.after) == Array(1...Int64(made.after.count)))
        #expect(made.before.contains(1_500) && made.after.count > 200)
    }

    @Test func `an id of two lives answers with the younger one`() throws {
        let made = try made(with: "ids=reset")
        stage.time.pass(seconds: 3_600 * 30)
        #expect(made.before.contains(1_500))
        let object = try #require(try stage.answer("/modelbreaches/1500").json as? [String: Any])
        #expect(try #require(object["creationTime"] as? Int64) > SimulatorFixture.now)
    }

    @Test func `category and flag are missing, and the truth follows the priority`() throws {
        let made = try made(with: "no-category")
        let models = made.after.compactMap { $0["model"] as? [String: Any] }
        #expect(models.allSatisfy { $0["category"] == nil && $0["compliance"] == nil })
        var question = Oracle.Query()
        question.created = SimulatorFixture.now + 1 ... .max
        question.includesSuppressed = true
        let oracle = Oracle(stage.appliance, question)
        let critical = models.count { $0["priority"] as? Int == 5 }
        #expect(oracle.scores[.critical]?.count == critical)
        #expect(oracle.scores[.compliance]?.count == 0)
        #expect(critical > 2)
    }

    @Test func `records are made two hours late`() throws {
        let made = try made(with: "late-records", "late-by=7200")
        // The system's own records keep their second before.
        let late = delays(made.after).filter { $0 > 0 }
        #expect(late.allSatisfy { (7_200_000..<7_201_000).contains($0) } && late.count > 200)
    }

    @Test func `records are made before their activity`() throws {
        #expect(delays(try made(with: "negative-delay").after).allSatisfy { (-1_000...0).contains($0) })
    }

    @Test func `records are listed late`() throws {
        let made = try made(with: "late-listing=10800")
        let times = made.after.compactMap { $0["creationTime"] as? Int64 }
        #expect(times.allSatisfy { $0 <= stage.world.now - 10_800_000 } && times.count > 80)
    }

    @Test(arguments: [("suppressed=1", 0), ("suppressed=0", 1)]) func `records are suppressed`(
        _ fault: String, _ share: Int
    ) throws {
        let made = try made(with: fault)
        let plain = try stage.list(stage.everything("&creationtime=true"))
        let known = Set(ids(plain))
        #expect(ids(made.after).count { known.contains($0) } == share * made.after.count)
    }

    @Test func `every record is acknowledged between two polls`() throws {
        let made = try made(with: "acknowledged-after=5")
        #expect(made.after.count { $0["acknowledged"] is [String: Any] } >= made.after.count - 2)
        let plain = Set(ids(try stage.list("/modelbreaches?creationtime=true&includesuppressed=true&minimal=true")))
        #expect(ids(made.after).count { plain.contains($0) } <= 2)
    }

    @Test func `every so many records one is spoilt`() throws {
        try stage.set("unreadable-every=10")
        stage.time.pass(seconds: 6 * 3_600)
        let list = try #require(
            try stage.answer(stage.everything("&creationtime=true&includesuppressed=true")).json as? [Any])
        let after = list.suffix(300)
        #expect(after.count { !($0 is [String: Any]) } > 4)
        let objects = after.compactMap { $0 as? [String: Any] }
        #expect(objects.count { $0["pbid"] == nil } > 4)
        #expect(objects.count { $0["creationTime"] == nil && $0["time"] == nil } > 4)
    }

    @Test func `models are split into many names`() throws {
        let made = try made(with: "model-variants=5000")
        let names = made.after.compactMap { ($0["model"] as? [String: Any])?["name"] as? String }
        #expect(Set(names).count > names.count * 8 / 10)
    }

    @Test func `a flag holds for the whole history`() throws {
        let setting = try FaultSetting(parsing: "ids=long")
        stage.appliance.set(setting.fault, FaultSwitches.Setting(value: setting.value), at: .ever)
        let ids = ids(try stage.list(stage.everything()))
        #expect(ids.allSatisfy { $0 > 1_000_000_000_000 } && ids.count > 2_000)
    }
}
