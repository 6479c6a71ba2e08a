import Ledger
import Testing

@testable import Collector

/// Which replica should poll which appliance, and which replicas live.
@Suite struct AssignmentTests {
    private let appliances = (1...300).map { "appliance-\($0)" }

    private func replica(_ id: String, name: String? = nil, _ able: [String]? = nil, silent: Double = 0) -> Replica {
        Replica(id: id, name: name ?? id, appliances: able ?? appliances, secondsSilent: silent)
    }

    private func owners(_ replicas: [Replica]) -> [String: String] {
        let assignment = Assignment(among: replicas)
        return Dictionary(
            uniqueKeysWithValues: appliances.compactMap { name in
                assignment.owner(of: name).map { (name, $0) }
            })
    }

    @Test(arguments: 1...6) func `appliances are distributed evenly`(count: Int) {
        let owners = owners((1...count).map { replica("r\($0)") })
        #expect(owners.count == appliances.count)
        for id in (1...count).map({ "r\($0)" }) {
            let share = owners.count { $0.value == id } * count
            #expect((180...420).contains(share), "\(id) has \(share / count) of 300")
        }
    }

    @Test func `when a replica leaves only its own appliances move`() {
        let before = owners(["r1", "r2", "r3"].map { replica($0) })
        let after = owners(["r1", "r3"].map { replica($0) })
        for (appliance, owner) in before where owner != "r2" { #expect(after[appliance] == owner) }
    }

    @Test func `after a restart a replica gets its appliances back, and others keep theirs`() {
        let others = [replica("b/1", name: "b"), replica("c/1", name: "c")]
        let before = owners(others + [replica("a/1", name: "a")])
        let after = owners(others + [replica("a/2", name: "a")])
        // The row of the former process is there as well for a while.
        let both = owners(others + [replica("a/1", name: "a"), replica("a/2", name: "a")])
        for (appliance, owner) in before {
            #expect(after[appliance] == (owner == "a/1" ? "a/2" : owner))
            if owner != "a/1" { #expect(both[appliance] == owner) }
        }
        #expect(Set(both.values) == ["a/1", "a/2", "b/1", "c/1"])
    }

    @Test func `only replicas that have an appliance in their configuration get it`() {
        let assignment = Assignment(among: [replica("r1", ["hq"]), replica("r2", ["branch", "hq"])])
        #expect(assignment.owner(of: "branch") == "r2")
        #expect(assignment.owner(of: "hq") != nil)
        #expect(assignment.owner(of: "moon") == nil)
    }

    private static let interval = Duration.seconds(5)

    private func instant(_ seconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
    }

    @Test func `a replica that is silent for a whole lease is dead, and one that has left is gone at once`() {
        var view = FleetView(leaseDuration: .seconds(30))
        view.renewed(at: instant(0), interval: Self.interval)
        let judged = view.judge(
            [replica("r1"), replica("r2", silent: 29), replica("r3", silent: 31)], itself: "r1", at: instant(1))
        #expect(judged.map(\.id) == ["r1", "r2"])
        #expect(view.judge([replica("r1")], itself: "r1", at: instant(2)).map(\.id) == ["r1"])
    }

    @Test func `after an interruption of its own a replica takes no replica for dead until a lease has passed`() {
        var view = FleetView(leaseDuration: .seconds(30))
        view.renewed(at: instant(0), interval: Self.interval)
        _ = view.judge([replica("r1"), replica("r2")], itself: "r1", at: instant(1))
        view.renewed(at: instant(60), interval: Self.interval)
        let silent = [replica("r1", silent: 60), replica("r2", silent: 60), replica("old", silent: 50_000)]
        #expect(view.judge(silent, itself: "r1", at: instant(61)).map(\.id) == ["r1", "r2"])
        #expect(view.judge([replica("r1")], itself: "r1", at: instant(62)).map(\.id) == ["r1"])
        #expect(view.judge(silent, itself: "r1", at: instant(91)).map(\.id) == ["r1"])
    }
}
