import Foundation
import TestSupport
import Testing

/// A full disk: no exposed value decreases, and nothing is lost once there is free space again.
@Suite(.ownThread) struct FullDiskTests {
    private static let total = "darktrace_model_breaches_total"

    @Test(.timeLimit(.minutes(10))) func `a full disk stops the counting, and free space resumes it`() async throws {
        let workspace = try TemporaryDirectory()
        let disk = try PrivateDisk(workspace, size: 6)
        let simulator = try Simulator(workspace, rate: 2_000)
        try simulator.call("/-/pause")
        let configuration = TestConfiguration(simulator, names: ["hq"])
        let exporter = try Exporter(workspace, configuration.text, on: disk)
        let before = try await exporter.awaitTruth(of: "hq", by: simulator)
        let shown = before.sum(Self.total)

        try disk.fill()
        try simulator.call("/-/burst?appliance=hq&model=Compromise::Full%20Disk&count=4000")
        let full = try await exporter.awaitScrape("failed commits") {
            $0.value("darktrace_poll_failures_total", ["reason": "ledger"]) ?? 0 >= 2
        }
        #expect(full.value("darktrace_exporter_ledger_commit_failures_total") ?? 0 >= 2)
        #expect(full.value("darktrace_exporter_state_up") == 0)
        #expect(full.value("darktrace_up") == 0)
        #expect(full.sum(Self.total) == shown, "what is served stays, and nothing uncommitted is")
        #expect(full.sum("darktrace_model_breach_score_count") == shown)
        #expect(exporter.program.log.contains("no space left on the device"))
        #expect(exporter.program.isRunning)

        try disk.freeSpace()
        let good = try await exporter.awaitTruth(of: "hq", by: simulator)
        #expect(good.value("darktrace_exporter_state_up") == 1)
        #expect(try exporter.program.stop() < promptly)
        #expect(try exporter.program.exitStatus() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `a kill on a full disk, and a start on it, lose nothing`() async throws {
        let workspace = try TemporaryDirectory()
        let disk = try PrivateDisk(workspace, size: 6)
        let simulator = try Simulator(workspace, rate: 2_000)
        try simulator.call("/-/pause")
        let configuration = TestConfiguration(simulator, names: ["hq"])
        let first = try Exporter(workspace, configuration.text, on: disk)
        let shown = try await first.awaitTruth(of: "hq", by: simulator).sum(Self.total)
        try disk.fill()
        try simulator.call("/-/burst?appliance=hq&model=Compromise::Full%20Disk&count=4000")
        try await first.awaitScrape("a failed commit") {
            $0.value("darktrace_exporter_ledger_commit_failures_total") ?? 0 >= 1
        }
        try first.program.stop(SIGKILL)

        let second = try Exporter(workspace, configuration.text, on: disk)
        #expect(try second.scrape().sum(Self.total) == shown, "the exposed values are exposed again")
        try disk.freeSpace()
        try await second.awaitTruth(of: "hq", by: simulator)
    }

    @Test(.timeLimit(.minutes(10))) func `a read-only directory is refused, with a ledger in it or without`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let disk = try PrivateDisk(workspace, size: 6)
        let simulator = try Simulator(workspace, rate: 500)
        let configuration = TestConfiguration(simulator, names: ["hq"])
        let exporter = try Exporter(workspace, configuration.text, on: disk)
        try await exporter.awaitScrape("the first lookback") { $0.sum(Self.total) > 0 }
        #expect(try exporter.program.stop() < promptly)
        #expect(try exporter.program.exitStatus() == 0)
        let content = try Data(contentsOf: disk.view.appending(path: "state.db"))
        try disk.protect()
        let arguments = ["--config.file=\(workspace.path("darktrace-exporter.yml"))", "--log.level=error"]
        for name in ["state.db", "other.db"] {
            try expectRefusal(
                arguments + ["--state.path=\(disk.folder)/\(name)"], in: workspace,
                names: ["\(disk.folder)/\(name)", "read-only"], by: disk.command("darktrace-exporter"))
        }
        #expect(try Data(contentsOf: disk.view.appending(path: "state.db")) == content)
    }
}
