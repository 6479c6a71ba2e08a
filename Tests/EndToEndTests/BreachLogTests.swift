import Foundation
import TestSupport
import Testing

/// `--log.breaches`: a line for each counted breach, over restarts and a kill, against the simulator's oracle.
@Suite struct BreachLogTests {
    private static let setting = ["--log.breaches"]

    /// The lines about breaches, without what a kill left of the last line.
    private func lines(_ exporter: Exporter) -> [Substring] {
        exporter.program.log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .filter { $0.contains(#" msg="Model breach" "#) }
    }

    private func ids(_ exporter: Exporter) throws -> [Int64] {
        try lines(exporter).map { line in
            try #require(line.firstMatch(of: #/ pbid=(-?\d+) /#).flatMap { Int64($0.output.1) }, "\(line)")
        }
    }

    private func truth(_ simulator: Simulator) throws -> [Int64] {
        let json = try simulator.call("/-/oracle?appliance=hq&ids=true")
        return try #require(json["pbids"] as? [Int64])
    }

    @Test(.timeLimit(.minutes(5))) func `each breach after the first lookback is logged once, also over a kill`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace)
        try simulator.set("ids=view", of: "hq")
        try simulator.call("/-/pause")
        let configuration = TestConfiguration(simulator, names: ["hq"]).text
        let lookback = Set(try truth(simulator))

        let first = try Exporter(workspace, configuration, arguments: Self.setting)
        try await first.awaitTruth(of: "hq", by: simulator)
        #expect(lines(first).isEmpty)
        try simulator.call("/-/burst?appliance=hq&model=A%20%22quoted%22%20name&count=20&priority=5")
        let scrape = try await first.awaitTruth(of: "hq", by: simulator)
        let new = Set(try truth(simulator)).subtracting(lookback)
        try await eventually("a line for each breach") { try ids(first).count == new.count }
        #expect(try Set(ids(first)) == new)
        for field in [#" model="A \"quoted\" name" "#, " appliance=hq ", " did=", " created=20", " score="] {
            #expect(lines(first).allSatisfy { $0.contains(field) }, "\(field)")
        }
        try expectMasters(scrape, simulator)

        // A kill at any instant may lose lines, and repeats none.
        try simulator.call("/-/burst?appliance=hq&model=During%20the%20kill&count=20")
        try first.program.stop(SIGKILL)
        _ = try first.program.exitStatus()
        let second = try Exporter(workspace, configuration, arguments: Self.setting)
        try await second.awaitTruth(of: "hq", by: simulator)
        let known = Set(try truth(simulator))
        try simulator.call("/-/burst?appliance=hq&model=Later&count=10")
        try await second.awaitTruth(of: "hq", by: simulator)
        #expect(try second.program.stop() < promptly)
        #expect(try second.program.exitStatus() == 0)

        let third = try Exporter(workspace, configuration, arguments: Self.setting)
        try expectMasters(try await third.awaitTruth(of: "hq", by: simulator), simulator)
        #expect(lines(third).isEmpty)
        let logged = try ids(first) + ids(second)
        #expect(Set(logged).count == logged.count, "no line is repeated")
        #expect(Set(logged).isDisjoint(with: lookback))
        #expect(try Set(truth(simulator)).subtracting(known).isSubset(of: logged))
    }

    /// Whether the counts by master are those of the oracle, where 0 is what has no master.
    private func expectMasters(_ scrape: Scrape, _ simulator: Simulator) throws {
        let start = try #require(scrape.value("darktrace_ledger_start_timestamp_seconds", ["appliance": "hq"]))
        let json = try simulator.call("/-/oracle?appliance=hq&from=\(Int64((start * 1_000).rounded()))")
        let masters = try #require(json["masters"] as? [String: [String: Int]])
        var exposed: [String: [String: Int]] = [:]
        for sample in scrape.all("darktrace_model_breaches_by_master_total") where sample.value > 0 {
            let master = sample.labels["master"] == "unknown" ? "0" : sample.labels["master"]
            exposed[master ?? "", default: [:]][sample.labels["category"] ?? ""] = Int(sample.value)
        }
        let counted = masters.mapValues { $0.filter { $0.value > 0 } }.filter { !$0.value.isEmpty }
        #expect(Set(counted.keys).isSuperset(of: ["1", "2"]))
        #expect(exposed == counted)
    }
}
