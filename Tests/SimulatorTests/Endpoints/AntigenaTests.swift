import Foundation
import Testing

@testable import Simulator

/// Autonomous Response: actions that start, wait, take effect, expire and are cleared.
@Suite struct AntigenaTests {
    private let stage = SimulatorFixture()

    private func object(_ target: String) throws -> [String: Any] {
        try #require(try stage.answer(target).json as? [String: Any])
    }

    private func oracle() throws -> [String: Any] {
        let now = stage.appliance.shownTime
        let oracle = FeedOracle(appliance: stage.appliance, window: now - 7 * SimulatorFixture.day...now)
        return try #require(
            try JSONSerialization.jsonObject(with: Data(oracle.json(.actions).bytes)) as? [String: Any])
    }

    @Test func `summary, list and oracle agree at any time, and each state is seen`() throws {
        var states: Set<ResponseActions.State> = []
        for _ in 0..<60 {
            let (truth, summary, now) = (try oracle(), try object("/antigena/summary"), stage.appliance.shownTime)
            let list = try stage.list(
                "/antigena?endtime=\(now)&includecleared=true&starttime=\(now - 7 * SimulatorFixture.day)")
            let live = list.filter { action in
                action["active"] as? Bool == true && (action["expires"] as? Int64 ?? 0) > now
            }
            #expect(summary["activeCount"] as? Int == live.count && truth["active"] as? Int == live.count)
            let waiting = try stage.list("/antigena?needconfirming=true")
            #expect(summary["pendingCount"] as? Int == waiting.count && truth["pending"] as? Int == waiting.count)
            #expect(truth["oldestPending"] as? Int64 == waiting.compactMap { $0["start"] as? Int64 }.min())
            #expect(
                try #require(summary["pendingActionDevices"] as? [Int])
                    == Set(waiting.compactMap { $0["did"] as? Int }).sorted())
            let unconfirmed = list.filter { action in
                action["active"] as? Bool == false && action["cleared"] as? Bool == false
                    && (action["expires"] as? Int64 ?? 0) <= now
            }
            #expect(truth["expiredUnconfirmed"] as? Int == unconfirmed.count)
            #expect(Set(list.compactMap { $0["codeid"] as? Int64 }).count == list.count)
            states.formUnion(
                stage.appliance.actions(in: now - SimulatorFixture.day...now, ActiveFaults())
                    .map { $0.state(at: stage.world.now) })
            stage.world.advance(milliseconds: 2 * 3_600_000)
        }
        #expect(states == Set(ResponseActions.State.allCases))
    }

    @Test func `an expired action is reported as active, a cleared one only on request`() throws {
        let now = stage.appliance.shownTime
        let window = "endtime=\(now)&starttime=\(now - 9 * SimulatorFixture.day)"
        let (all, rest) = (
            try stage.list("/antigena?\(window)&includecleared=true"), try stage.list("/antigena?\(window)")
        )
        #expect(all.contains { $0["active"] as? Bool == true && ($0["expires"] as? Int64 ?? 0) < now })
        #expect(rest.count < all.count && rest.allSatisfy { $0["cleared"] as? Bool == false })
        #expect(all.contains { $0["manual"] as? Bool == true && $0["model"] as? String == "" })
        #expect(try stage.answer("/antigena?starttime=x").status == 400)
    }
}
