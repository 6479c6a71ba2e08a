import Foundation
import Testing

@testable import Simulator

/// Devices, accounts, licences and tactics.
@Suite struct StatisticsTests {
    private let stage = SimulatorFixture()

    private func object(_ target: String) throws -> [String: Any] {
        try #require(try stage.answer(target).json as? [String: Any])
    }

    /// The types of devices and the platforms of accounts, and the same as `/status` counts them for licences.
    private func counts() throws -> (devices: Int, accounts: Int, cloud: Int) {
        let counts = try #require(try object("/summarystatistics")["devicecount"] as? [String: Any])
        let accounts = try #require(counts["saas"] as? [String: Int])
        let types = stage.appliance.inventory.devices.map(\.type)
        let devices = types.compactMap { counts[$0] as? Int }.reduce(0, +)
        let status = try #require(try object("/status")["licenseCounts"] as? [String: Any])
        #expect(devices == counts["total"] as? Int && devices == counts["licenseIPCount"] as? Int)
        #expect(devices == status["licenseIPCount"] as? Int)
        #expect(accounts["total"] == accounts.filter { $0.key != "total" }.values.reduce(0, +))
        #expect(status["saas"] as? [String: Int] == accounts)
        let cloud = try #require(status["licenseCloudIPCount"] as? Int)
        #expect(cloud == counts["licenseCloudIPCount"] as? Int)
        return (devices, accounts["total"] ?? 0, cloud)
    }

    @Test func `licences fill, and every total is the sum of its parts`() throws {
        let before = try counts()
        stage.world.advance(milliseconds: 60 * SimulatorFixture.day)
        let later = try counts()
        #expect(before.devices < later.devices && before.accounts < later.accounts)
        #expect(before.cloud > 0 && before.cloud < later.cloud)
    }

    @Test func `tactics come alone, and old versions refuse or lack parts`() throws {
        let tactics = try #require(
            try object("/summarystatistics?mitreTactics=true")["mitreTactics"] as? [[String: Any]])
        #expect(tactics.map { $0["totalCount"] as? Int } == stage.appliance.inventory.tactics.map(\.count))
        #expect(try stage.answer("/summarystatistics?hours=4").status == 400)
        try stage.set("no-tactics")
        try stage.set("old-statistics")
        #expect(
            try stage.answer("/summarystatistics?mitreTactics=true").text
                == "{\n  \"summarystatistics\": \"INPUT ERROR\"\n}")
        let old = try #require(try object("/summarystatistics")["devicecount"] as? [String: Any])
        #expect(old["saas"] == nil && old["tv"] == nil && old["server"] is Int)
    }
}
